grant select on table workshop_sessions to sessionbook_app;
grant insert, update, delete on table workshop_sessions to sessionbook_writer;
grant select on table workshop_sessions to sessionbook_reader;
