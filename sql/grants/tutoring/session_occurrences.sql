grant select, insert, update, delete on table session_occurrences to sessionbook_app;
grant select on table session_occurrences to sessionbook_reader;
