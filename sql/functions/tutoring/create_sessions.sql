-- requires: functions/_course, functions/_read_sessions, functions/_refuse_past, functions/_session_minutes
-- requires: functions/_sessions_of_key, functions/lifecycle.now
-- security: applications make sessions without rights on the tables; the list is read into columns, at most 1000
-- elements, and it is never executed as SQL.
-- Locks: the key, if there is one: of two callers with one key the second waits for the first, and finds its sessions.
-- Then only rows that it makes; the foreign keys share-lock course and whiteboards, which waits only for a caller that
-- deletes one.
create or replace function create_sessions(
    p_enrolled_courses_id integer,
    p_sessions jsonb,
    p_idempotency_key text default null,
    p_allow_past boolean default false
)
returns setof sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_course constant enrolled_courses := _course(p_enrolled_courses_id);
    v_key constant text := nullif(p_idempotency_key, '');
    v_timezone text;
    v_ids integer[];
    v_session sessions;
begin
    if v_key is not null then
        v_ids := _sessions_of_key(v_course.id, v_key, 'create_sessions ' || coalesce(p_sessions::text, ''));
        if v_ids is not null then
            return query
            select s.*
            from sessions as s
            where s.id = any(v_ids)
            order by array_position(v_ids, s.id);
            return;
        end if;
    end if;
    v_timezone := coalesce(
        v_course.timezone,
        (
            select st.timezone
            from enrolled_students as st
            where st.id = v_course.student_id
        )
    );
    for v_session in
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
        returning s.*
    loop
        if not coalesce(p_allow_past, false) then
            perform _refuse_past(null, v_session.starts_at, v_now);
        end if;
        v_ids := v_ids || v_session.id;
        return next v_session;
    end loop;
    if v_key is not null then
        update idempotency_keys as k
        set session_ids = coalesce(v_ids, '{}')
        where k.enrolled_courses_id = v_course.id and k.idempotency_key = v_key;
    end if;
end
$function$;

comment on function create_sessions(integer, jsonb, text, boolean) is
'Makes the sessions of a list, all or none. It computes duration. p_enrolled_courses_id: the course; p_sessions: array
of at most 1000 objects with session_date, start_time and end_time, such as [{"session_date": "2026-01-31",
"start_time": "14:00", "end_time": "15:30"}], and any of timezone (of the times: the course''s if it is missing, else
the student''s), topics, session_mode, location, whiteboard_id, priority_level, is_recurring, session_frequency,
recurring_pattern, notification_enabled, alarm_enabled, alarm_before_minutes and is_featured; p_idempotency_key: made up
by the caller, at most 200 characters; a repeated call with the same key returns the same sessions, as they are now
(default null: no key); p_allow_past: true allows sessions in the past (default false). Returns the rows made. Raises
PT404 course_not_found, PT400 invalid_sessions, PT400 too_many (more than 1000 elements), PT400 invalid_session (the
message says which element), PT400 time_is_over, PT400 invalid_idempotency_key, PT409 idempotency_key_reused (the key
was used for something else).';

revoke all on function create_sessions(integer, jsonb, text, boolean) from public;
grant execute on function create_sessions(integer, jsonb, text, boolean) to sessionbook_app;
