grant select, insert, update, delete on table session_attendees to sessionbook_app;
grant select on table session_attendees to sessionbook_reader;
