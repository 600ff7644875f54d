grant select, insert, update, delete on table venues to sessionbook_app;
grant select on table venues to sessionbook_reader;
