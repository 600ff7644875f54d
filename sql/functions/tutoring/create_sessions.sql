-- requires: functions/_course, functions/_read_sessions, functions/_session_minutes
-- security: applications make sessions without any right to the tables; the list is read into columns, at most 1000
-- elements, and nothing of it becomes SQL.
-- Locks: none of its own; the foreign keys share-lock course and whiteboards, which waits only for whoever deletes one.
create or replace function create_sessions(
    p_enrolled_courses_id integer,
    p_sessions jsonb
)
returns setof sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_course constant enrolled_courses := _course(p_enrolled_courses_id);
    v_timezone text;
begin
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
        _session_minutes(r.session_date, r.start_time, r.end_time, coalesce(r.timezone, v_timezone)),
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
    from _read_sessions(p_sessions) as r
    order by r.id
    returning s.*;
end
$function$;

comment on function create_sessions(integer, jsonb) is
'Makes the sessions of a list, all or none; duration is computed. p_enrolled_courses_id: the course; p_sessions: array
of objects as _read_sessions() takes them, such as [{"session_date": "2026-01-31", "start_time": "14:00", "end_time":
"15:30"}]; times are local to the element''s timezone, else the course''s, else the student''s. Returns the rows made.
Raises nothing of its own; PT404 course_not_found, PT400 invalid_sessions, PT400 too_many (more than 1000 elements),
PT400 invalid_session (message: which element).';

revoke all on function create_sessions(integer, jsonb) from public;
grant execute on function create_sessions(integer, jsonb) to sessionbook_app;
