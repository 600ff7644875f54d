-- requires: functions/read_sessions, functions/session_minutes
-- Locks: none of its own; the foreign keys share-lock course and whiteboards.
create or replace function create_sessions(
    p_enrolled_courses_id integer,
    p_sessions jsonb
)
returns setof sessions
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_course enrolled_courses;
    v_timezone text;
begin
    select c.* into v_course
    from enrolled_courses as c
    where c.id = p_enrolled_courses_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'course_not_found',
            message = format('there is no enrolled course %s', coalesce(p_enrolled_courses_id::text, 'null')),
            detail = e'key: course_not_found\n' || 'No row of enrolled_courses has this id.',
            hint = 'Look it up in enrolled_courses.';
    end if;
    v_timezone := coalesce(
        v_course.timezone,
        (
            select st.timezone
            from enrolled_students as st
            where st.id = v_course.student_id
        )
    );
    return query
    insert into sessions as s (
        enrolled_courses_id, session_date, start_time, end_time, timezone, duration, topics, session_mode, location,
        whiteboard_id, priority_level, is_recurring, session_frequency, recurring_pattern, notification_enabled,
        alarm_enabled, alarm_before_minutes, is_featured
    )
    select
        p_enrolled_courses_id,
        r.session_date,
        r.start_time,
        r.end_time,
        coalesce(r.timezone, v_timezone),
        session_minutes(r.session_date, r.start_time, r.end_time, coalesce(r.timezone, v_timezone)),
        r.topics,
        r.session_mode,
        r.location,
        r.whiteboard_id,
        r.priority_level,
        r.is_recurring,
        r.session_frequency,
        r.recurring_pattern,
        r.notification_enabled,
        r.alarm_enabled,
        r.alarm_before_minutes,
        r.is_featured
    from read_sessions(p_sessions) as r
    order by r.id
    returning s.*;
end
$function$;

comment on function create_sessions(integer, jsonb) is
'Makes the sessions of a list, all or none; duration is computed. p_enrolled_courses_id: the course; p_sessions: array
of objects as read_sessions() takes them, such as [{"session_date": "2026-01-31", "start_time": "14:00", "end_time":
"15:30"}]; times are local to the element''s timezone, else the course''s, else the student''s. Returns the rows made.
Raises PT404 course_not_found, and PT400 invalid_sessions, PT400 invalid_session (message: which element).';

revoke all on function create_sessions(integer, jsonb) from public;
grant execute on function create_sessions(integer, jsonb) to sessionbook_app;
