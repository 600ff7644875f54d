-- requires: functions/revise_session
create or replace trigger zz_620_revise
after update of session_date, end_date, start_time, end_time, timezone, session_dates, starts_at, ends_at, location,
status on workshop_sessions
for each row
when (
    old.starts_at is distinct from new.starts_at
    or old.ends_at is distinct from new.ends_at
    or old.location is distinct from new.location
    or (old.status = 'cancelled') <> (new.status = 'cancelled')
)
execute function revise_session();

comment on trigger zz_620_revise on workshop_sessions is
'Changes that calendars have to notice increase their SEQUENCE.';
