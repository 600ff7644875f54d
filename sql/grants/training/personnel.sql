grant select, insert, update, delete on table personnel to sessionbook_app;
grant select on table personnel to sessionbook_reader;
