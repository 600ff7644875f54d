-- Which dates were made is written by generate_recurring_sessions() alone.
grant select on table session_occurrences to sessionbook_app, sessionbook_reader;
