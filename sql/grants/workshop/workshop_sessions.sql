grant select, insert, update, delete on table workshop_sessions to sessionbook_app;
grant select on table workshop_sessions to sessionbook_reader;
-- Stored instants are computed with the rights of whoever writes the row.
grant execute on function session_last_date(date, date, jsonb) to sessionbook_app, sessionbook_reader;
grant execute on function session_end(date, date, time, time, numeric, text) to sessionbook_app, sessionbook_reader;
grant execute on function end_of_local_day(timestamptz, text) to sessionbook_app, sessionbook_reader;
