grant select, insert, update, delete on table compliance_items to sessionbook_app;
grant select on table compliance_items to sessionbook_reader;
