grant select, insert, update, delete on table workshops to sessionbook_app;
grant select on table workshops to sessionbook_reader;
