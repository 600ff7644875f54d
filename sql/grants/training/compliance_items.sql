grant select on table compliance_items to sessionbook_app, sessionbook_reader;
grant insert, update, delete on table compliance_items to sessionbook_writer;
