-- History is written by the triggers and the clock alone.
grant select on table status_changes to sessionbook_app, sessionbook_reader;
