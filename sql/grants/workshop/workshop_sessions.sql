grant select, insert, update, delete on table workshop_sessions to sessionbook_app;
grant select on table workshop_sessions to sessionbook_reader;
