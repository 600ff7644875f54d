-- requires: functions/lifecycle.touch_updated_at
-- Columns that an application added are its own: what they hold may be neither comparable nor readable here.
create or replace trigger zz_900_touch_updated_at
before update on availability_rules
for each row
when (
    (
        old.id, old.trainer_id, old.venue_id, old.weekday, old.start_time, old.end_time,
        old.timezone, old.created_at, old.updated_at
    )
    is distinct from
    (
        new.id, new.trainer_id, new.venue_id, new.weekday, new.start_time, new.end_time,
        new.timezone, new.created_at, new.updated_at
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on availability_rules is 'updated_at is the time of the last real change.';
