-- requires: functions/lifecycle.touch_updated_at
-- Columns by name: an application may add some of its own, which this trigger then must not depend on. A test holds the
-- list to the table.
create or replace trigger zz_900_touch_updated_at
before update on tutors
for each row
when ((old.full_name, old.phone, old.email) is distinct from (new.full_name, new.phone, new.email))
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on tutors is
'updated_at is the time of the last real change.';
