-- requires: functions/lifecycle.touch_updated_at
-- Columns that an application added are its own: what they hold may be neither comparable nor readable here.
create or replace trigger zz_900_touch_updated_at
before update on courses
for each row
when (
    (old.id, old.title, old.validity_months, old.created_at, old.updated_at, old.deleted_at)
    is distinct from
    (new.id, new.title, new.validity_months, new.created_at, new.updated_at, new.deleted_at)
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on courses is 'updated_at is the time of the last real change.';
