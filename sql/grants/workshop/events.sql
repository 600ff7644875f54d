-- History is written by triggers and by those who number it, by nobody else.
grant select on table events to sessionbook_app, sessionbook_reader;
