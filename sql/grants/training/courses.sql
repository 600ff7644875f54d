grant select on table courses to sessionbook_app, sessionbook_reader;
grant insert, update, delete on table courses to sessionbook_writer;
