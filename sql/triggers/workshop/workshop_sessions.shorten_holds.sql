-- requires: functions/shorten_holds
create or replace trigger zz_650_shorten_holds
after update of session_date, start_time, timezone, booking_closes_at on workshop_sessions
for each row
when (new.starts_at < old.starts_at or new.booking_closes_at is distinct from old.booking_closes_at)
execute function shorten_holds();

comment on trigger zz_650_shorten_holds on workshop_sessions is
'No hold and no offer outlasts a session that begins earlier now, or closes earlier.';
