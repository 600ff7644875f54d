-- History is written by the API alone.
grant select on table booking_changes to sessionbook_app, sessionbook_reader;
