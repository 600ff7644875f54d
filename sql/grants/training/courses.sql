grant select, insert, update, delete on table courses to sessionbook_app;
grant select on table courses to sessionbook_reader;
