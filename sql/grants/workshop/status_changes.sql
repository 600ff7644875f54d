-- History is written by the owner's triggers and by the clock, by nobody else.
grant select on table status_changes to sessionbook_app, sessionbook_reader;
