grant select on table availability_rules to sessionbook_app, sessionbook_reader;
grant insert, update, delete on table availability_rules to sessionbook_writer;
