grant select on table workshops to sessionbook_app;
grant insert, update, delete on table workshops to sessionbook_writer;
grant select on table workshops to sessionbook_reader;
