-- History is written by the triggers alone.
grant select on table reschedules to sessionbook_app, sessionbook_reader;
