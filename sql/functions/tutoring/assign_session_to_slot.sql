-- requires: functions/_check_slot, functions/_course, functions/_refuse_past, functions/_session_minutes
-- requires: functions/_sessions_of_key, functions/lifecycle.now
-- security: applications move sessions without rights on the table; the arguments are a key, a date and two times, and
-- they are never executed as SQL.
-- Locks: the key, if there is one, then one session. Two callers at once take two sessions: a locked session is
-- skipped, and waited for only if there is no other. The course is not locked, so that a caller that has already locked
-- one of its sessions, such as one just cancelled, cannot deadlock.
create or replace function assign_session_to_slot(
    p_enrolled_courses_id integer,
    p_session_date date,
    p_start_time time,
    p_end_time time,
    p_idempotency_key text default null,
    p_allow_past boolean default false
)
returns sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_key constant text := nullif(p_idempotency_key, '');
    v_ids integer[];
    v_session sessions;
begin
    perform _check_slot(p_session_date, p_start_time, p_end_time);
    perform _course(p_enrolled_courses_id);
    if v_key is not null then
        v_ids := _sessions_of_key(
            p_enrolled_courses_id,
            v_key,
            concat_ws(' ', 'assign_session_to_slot', to_char(p_session_date, 'YYYY-MM-DD BC'), p_start_time, p_end_time)
        );
        if v_ids is not null then
            select s.* into v_session
            from sessions as s
            where s.id = any(v_ids);
            return v_session;
        end if;
    end if;
    select s.* into v_session
    from sessions as s
    where s.enrolled_courses_id = p_enrolled_courses_id
        and s.status = 'cancelled'
        and s.deleted_at is null
    order by s.starts_at, s.id
    limit 1
    for no key update skip locked;
    if not found then
        select s.* into v_session
        from sessions as s
        where s.enrolled_courses_id = p_enrolled_courses_id
            and s.status = 'cancelled'
            and s.deleted_at is null
        order by s.starts_at, s.id
        limit 1
        for no key update;
    end if;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'no_cancelled_session',
            message = format('enrolled course %s has no cancelled session', p_enrolled_courses_id),
            detail = e'key: no_cancelled_session\n'
                || 'The slot is given to the oldest session that is cancelled and not deleted.',
            hint = 'create_sessions() makes a new one.';
    end if;
    if not coalesce(p_allow_past, false) then
        perform _refuse_past(
            v_session.id, (p_session_date + p_start_time) at time zone v_session.timezone, v_now
        );
    end if;
    update sessions as s
    set status = 'scheduled',
        session_date = p_session_date,
        start_time = p_start_time,
        end_time = p_end_time,
        duration = _session_minutes(p_session_date, p_start_time, p_end_time, v_session.timezone)
    where s.id = v_session.id
    returning s.* into v_session;
    if v_key is not null then
        update idempotency_keys as k
        set session_ids = array[v_session.id]
        where k.enrolled_courses_id = p_enrolled_courses_id and k.idempotency_key = v_key;
    end if;
    return v_session;
end
$function$;

comment on function assign_session_to_slot(integer, date, time, time, text, boolean) is
'Schedules the oldest cancelled session of a course again, at a new time. p_enrolled_courses_id: the course;
p_session_date: local day; p_start_time, p_end_time: local times in the session''s own zone, an end at or before the
start is on the next day; p_idempotency_key: made up by the caller, at most 200 characters; a repeated call with the
same key returns the same session, as it is now (default null: no key); p_allow_past: true allows a time in the past
(default false). Returns its row. Raises PT404 no_cancelled_session, and PT400 time_is_over, PT400 slot_incomplete,
PT400 invalid_slot, PT404 course_not_found, PT400 invalid_idempotency_key, PT409 idempotency_key_reused (the key was
used for something else).';

revoke all on function assign_session_to_slot(integer, date, time, time, text, boolean) from public;
grant execute on function assign_session_to_slot(integer, date, time, time, text, boolean) to sessionbook_app;
