-- requires: functions/record_session_event
-- Only statements that name an instant or one of its inputs; bookings do not.
create or replace trigger zz_610_record_moved
after update of session_date, end_date, start_time, end_time, timezone, session_dates, starts_at, ends_at
on workshop_sessions
for each row
when (old.starts_at is distinct from new.starts_at or old.ends_at is distinct from new.ends_at)
execute function record_session_event();

comment on trigger zz_610_record_moved on workshop_sessions is 'Every move in time is an event.';
