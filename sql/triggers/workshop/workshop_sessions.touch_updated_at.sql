-- requires: functions/lifecycle.touch_updated_at
-- Columns by name, to stay off the path of a seat: counters and capacity have derive_session_status(), and the derived
-- instants change with the columns here. A test holds the list to the table.
create or replace trigger zz_900_touch_updated_at
before update of
    workshop_id, session_date, start_time, end_time, duration, timezone, location, location_ar, is_completed,
    notes, notes_ar, end_date, day_count, total_days, session_dates, status, status_ar, session_number,
    run_id, metadata, booking_opens_at, booking_closes_at, cancel_until
on workshop_sessions
for each row
when (old.* is distinct from new.*)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on workshop_sessions is 'updated_at is the time of the last real change.';
