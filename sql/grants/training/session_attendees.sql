grant select on table session_attendees to sessionbook_app, sessionbook_reader;
grant insert, update, delete on table session_attendees to sessionbook_writer;
