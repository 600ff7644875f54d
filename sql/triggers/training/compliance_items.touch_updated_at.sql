-- requires: functions/lifecycle.touch_updated_at
-- Columns that an application added are its own: what they hold may be neither comparable nor readable here.
create or replace trigger zz_900_touch_updated_at
before update on compliance_items
for each row
when (
    (
        old.id, old.personnel_id, old.course_id, old.status,
        old.expiry_date, old.sort_name, old.created_at, old.updated_at
    )
    is distinct from
    (
        new.id, new.personnel_id, new.course_id, new.status,
        new.expiry_date, new.sort_name, new.created_at, new.updated_at
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on compliance_items is 'updated_at is the time of the last real change.';
