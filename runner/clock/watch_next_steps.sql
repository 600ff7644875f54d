-- Live sessions of the installation in {schema}, the soonest step first. By start, which an index has in order; the
-- few that are read are then put in the order of what comes next.
select
    w.session_id, c.course_name, s.full_name as student_name, w.status, w.next_step, w.next_step_at, w.overdue,
    w.starts_at, w.ends_at, w.reminder_state, w.reminder_reason, w.failed_message, w.failed_attempts, w.given_up
from (
    select
        v.session_id, v.enrolled_courses_id, v.status, v.next_step, v.next_step_at, v.overdue, v.starts_at, v.ends_at,
        v.reminder_state, v.reminder_reason, v.failed_message, v.failed_attempts, v.given_up
    from {schema}.session_workflows as v
    where v.starts_at > %(now)s::timestamptz - interval '2 days'
    order by v.starts_at, v.session_id
    limit 200
) as w
left join {schema}.enrolled_courses as c on w.enrolled_courses_id = c.id
left join {schema}.enrolled_students as s on c.student_id = s.id
order by w.next_step_at, w.session_id
limit %(limit)s
