-- requires: functions/lifecycle.touch_updated_at
-- Columns that an application added are its own: what they hold may be neither comparable nor readable here.
create or replace trigger zz_900_touch_updated_at
before update on trainers
for each row
when (
    (
        old.id, old.first_name, old.last_name, old.type, old.email,
        old.phone_number, old.company_name, old.buffer_before, old.buffer_after,
        old.created_at, old.updated_at, old.deleted_at
    )
    is distinct from
    (
        new.id, new.first_name, new.last_name, new.type, new.email,
        new.phone_number, new.company_name, new.buffer_before, new.buffer_after,
        new.created_at, new.updated_at, new.deleted_at
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on trainers is 'updated_at is the time of the last real change.';
