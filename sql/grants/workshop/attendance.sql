-- Marks are written by the API alone.
grant select on table attendance to sessionbook_app, sessionbook_reader;
