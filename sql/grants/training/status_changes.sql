-- History is added to, never rewritten.
grant select, insert on table status_changes to sessionbook_app;
grant select on table status_changes to sessionbook_reader;
