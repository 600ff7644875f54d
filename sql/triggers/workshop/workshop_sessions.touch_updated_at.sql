-- requires: functions/lifecycle.touch_updated_at
-- Columns by name, to stay off the path of a seat: counters and capacity have derive_session_status(), and the derived
-- instants change with the columns here. A test holds the list to the table.
create or replace trigger zz_900_touch_updated_at
before update of
    workshop_id, session_date, start_time, end_time, duration, timezone, location, location_ar, is_completed,
    notes, notes_ar, end_date, day_count, total_days, session_dates, status, status_ar, session_number,
    run_id, metadata, booking_opens_at, booking_closes_at, cancel_until, min_attendees,
    decide_at
on workshop_sessions
for each row
when (
    (
        old.workshop_id, old.session_date, old.start_time, old.end_time, old.duration, old.timezone,
        old.location, old.location_ar, old.is_completed, old.notes, old.notes_ar, old.end_date, old.day_count,
        old.total_days, old.session_dates, old.status, old.status_ar, old.session_number, old.run_id,
        old.metadata, old.booking_opens_at, old.booking_closes_at, old.cancel_until, old.min_attendees,
        old.decide_at, old.updated_at
    ) is distinct from (
        new.workshop_id, new.session_date, new.start_time, new.end_time, new.duration, new.timezone,
        new.location, new.location_ar, new.is_completed, new.notes, new.notes_ar, new.end_date, new.day_count,
        new.total_days, new.session_dates, new.status, new.status_ar, new.session_number, new.run_id,
        new.metadata, new.booking_opens_at, new.booking_closes_at, new.cancel_until, new.min_attendees,
        new.decide_at, new.updated_at
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on workshop_sessions is 'updated_at is the time of the last real change.';
