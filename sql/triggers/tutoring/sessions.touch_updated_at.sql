-- requires: functions/lifecycle.touch_updated_at
-- Columns by name: an application may add some of its own, which this trigger then must not depend on, and json knows
-- no equality. Status first: it is what a tick changes, and it sets the time by itself, which spares it the call. A
-- test holds the lists to the table.
create or replace trigger zz_900_touch_updated_at
before update of
    status, deleted_at, enrolled_courses_id, session_date, start_time, end_time, timezone, duration,
    session_mode, location, whiteboard_id, student_review_id, tutor_review_id, parent_review_id,
    tutor_attendance_status, student_attendance_status, priority_level, is_recurring, session_frequency,
    notification_enabled, alarm_enabled, alarm_before_minutes, is_featured, topics, topics_covered,
    recurring_pattern
on sessions
for each row
when (
    new.updated_at is distinct from lifecycle.now()
    and (
        old.status, old.deleted_at, old.enrolled_courses_id, old.session_date, old.start_time, old.end_time,
        old.timezone, old.duration, old.session_mode, old.location, old.whiteboard_id, old.student_review_id,
        old.tutor_review_id, old.parent_review_id, old.tutor_attendance_status, old.student_attendance_status,
        old.priority_level, old.is_recurring, old.session_frequency, old.notification_enabled,
        old.alarm_enabled, old.alarm_before_minutes, old.is_featured, old.topics::text,
        old.topics_covered::text, old.recurring_pattern::text
    ) is distinct from (
        new.status, new.deleted_at, new.enrolled_courses_id, new.session_date, new.start_time, new.end_time,
        new.timezone, new.duration, new.session_mode, new.location, new.whiteboard_id, new.student_review_id,
        new.tutor_review_id, new.parent_review_id, new.tutor_attendance_status, new.student_attendance_status,
        new.priority_level, new.is_recurring, new.session_frequency, new.notification_enabled,
        new.alarm_enabled, new.alarm_before_minutes, new.is_featured, new.topics::text,
        new.topics_covered::text, new.recurring_pattern::text
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on sessions is 'updated_at is the time of the last real change.';
