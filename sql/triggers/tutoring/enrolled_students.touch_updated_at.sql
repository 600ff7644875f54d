-- requires: functions/lifecycle.touch_updated_at
-- Columns by name: an application may add some of its own, which this trigger then must not depend on. A test holds the
-- list to the table.
create or replace trigger zz_900_touch_updated_at
before update on enrolled_students
for each row
when (
    (old.full_name, old.phone, old.email, old.timezone)
    is distinct from (new.full_name, new.phone, new.email, new.timezone)
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on enrolled_students is
'updated_at is the time of the last real change.';
