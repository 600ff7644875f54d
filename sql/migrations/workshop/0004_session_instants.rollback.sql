drop index workshop_sessions_over_at_idx;
alter table workshop_sessions
reset (fillfactor),
drop column over_at,
drop column ends_at,
drop column starts_at,
drop constraint workshop_sessions_session_dates_check,
drop constraint workshop_sessions_current_attendees_check,
drop constraint workshop_sessions_max_attendees_check,
drop constraint workshop_sessions_duration_check,
drop constraint workshop_sessions_end_date_check,
alter column timezone drop not null;
drop function end_of_local_day(timestamptz, text);
drop function session_end(date, date, time, time, numeric, text);
drop function session_last_date(date, date, jsonb);
