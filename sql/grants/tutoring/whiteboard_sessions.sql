grant select, insert, update, delete on table whiteboard_sessions to sessionbook_app;
grant select on table whiteboard_sessions to sessionbook_reader;
