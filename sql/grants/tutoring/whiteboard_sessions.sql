grant select on table whiteboard_sessions to sessionbook_app, sessionbook_reader;
grant insert, update, delete on table whiteboard_sessions to sessionbook_writer;
