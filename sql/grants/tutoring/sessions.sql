grant select on table sessions to sessionbook_app, sessionbook_reader;
grant insert, update, delete on table sessions to sessionbook_writer;
