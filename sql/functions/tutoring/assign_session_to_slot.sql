-- requires: functions/_check_slot, functions/_course, functions/_session_minutes
-- security: applications move sessions without any right to the table; the arguments are a key, a date and two times,
-- and nothing of them becomes SQL.
-- Locks: one session. Two callers at once take two sessions: a session that somebody holds is passed over, and waited
-- for only if there is no other. The course is not locked, so that a caller who holds a session of it already, such as
-- one just cancelled, waits for nobody who waits for that session.
create or replace function assign_session_to_slot(
    p_enrolled_courses_id integer,
    p_session_date date,
    p_start_time time,
    p_end_time time
)
returns sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_session sessions;
begin
    perform _check_slot(p_session_date, p_start_time, p_end_time);
    perform _course(p_enrolled_courses_id);
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
                || 'The slot was to take the oldest session that was cancelled and not deleted.',
            hint = 'create_sessions() makes a new one.';
    end if;
    update sessions as s
    set status = 'scheduled',
        session_date = p_session_date,
        start_time = p_start_time,
        end_time = p_end_time,
        duration = _session_minutes(p_session_date, p_start_time, p_end_time, v_session.timezone)
    where s.id = v_session.id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function assign_session_to_slot(integer, date, time, time) is
'Gives a slot to the oldest cancelled session of a course: it is scheduled again, at the new time.
p_enrolled_courses_id: the course; p_session_date: local day; p_start_time, p_end_time: local times in the session''s
own zone, an end at or before the start is on the next day. Returns its row. Raises PT404 no_cancelled_session, and
PT400 slot_incomplete, PT404 course_not_found.';

revoke all on function assign_session_to_slot(integer, date, time, time) from public;
grant execute on function assign_session_to_slot(integer, date, time, time) to sessionbook_app;
