grant select on table venues to sessionbook_app, sessionbook_reader;
grant insert, update, delete on table venues to sessionbook_writer;
