grant select on table personnel to sessionbook_app, sessionbook_reader;
grant insert, update, delete on table personnel to sessionbook_writer;
