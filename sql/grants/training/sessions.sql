grant select, insert, update, delete on table sessions to sessionbook_app;
grant select on table sessions to sessionbook_reader;
