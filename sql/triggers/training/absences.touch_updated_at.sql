-- requires: functions/lifecycle.touch_updated_at
-- Columns that an application added are its own: what they hold may be neither comparable nor readable here.
create or replace trigger zz_900_touch_updated_at
before update on absences
for each row
when (
    (
        old.id, old.trainer_id, old.venue_id, old.starts_at, old.ends_at, old.reason,
        old.created_at, old.updated_at
    )
    is distinct from
    (
        new.id, new.trainer_id, new.venue_id, new.starts_at, new.ends_at, new.reason,
        new.created_at, new.updated_at
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on absences is 'updated_at is the time of the last real change.';
