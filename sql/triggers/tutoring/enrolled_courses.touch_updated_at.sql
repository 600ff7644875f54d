-- requires: functions/lifecycle.touch_updated_at
-- Columns by name: an application may add some of its own, which this trigger then must not depend on. A test holds the
-- list to the table.
create or replace trigger zz_900_touch_updated_at
before update on enrolled_courses
for each row
when (
    (old.student_id, old.tutor_id, old.course_name, old.timezone)
    is distinct from (new.student_id, new.tutor_id, new.course_name, new.timezone)
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on enrolled_courses is
'updated_at is the time of the last real change.';
