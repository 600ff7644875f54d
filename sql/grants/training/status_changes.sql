-- History: record_status_change() writes it, as the owner.
grant select on table status_changes to sessionbook_app, sessionbook_reader;
