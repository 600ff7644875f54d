-- History is added to, never rewritten.
grant select, insert on table reschedules to sessionbook_app;
grant select on table reschedules to sessionbook_reader;
