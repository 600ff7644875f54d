-- requires: functions/_check_slot, functions/_lock_session, functions/_refuse_past, functions/_session_minutes
-- requires: functions/lifecycle.now
-- security: applications move sessions without rights on the table; the arguments are a key, a date and two times, and
-- they are never executed as SQL.
-- Locks: the session, nothing after it, so that it cannot deadlock.
create or replace function reschedule_session(
    p_session_id integer,
    p_session_date date,
    p_start_time time,
    p_end_time time,
    p_allow_past boolean default false,
    p_expected_updated_at timestamptz default null
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
    v_session sessions;
begin
    perform _check_slot(p_session_date, p_start_time, p_end_time);
    v_session := _lock_session(p_session_id, p_expected_updated_at);
    if v_session.status is distinct from 'scheduled' then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_not_scheduled',
            message = format(
                'session %s cannot be moved, it is %s', p_session_id, coalesce(v_session.status, 'without a status')
            ),
            detail = e'key: session_not_scheduled\n' || format('It was to start at %s.', v_session.starts_at),
            hint = 'Only a scheduled session can be moved; assign_session_to_slot() gives a cancelled one a new time.';
    end if;
    -- Its present start is allowed, so that a repeated call does no harm.
    if not coalesce(p_allow_past, false)
        and (v_session.session_date, v_session.start_time) is distinct from (p_session_date, p_start_time)
    then
        perform _refuse_past(
            p_session_id, (p_session_date + p_start_time) at time zone v_session.timezone, v_now
        );
    end if;
    update sessions as s
    set session_date = p_session_date,
        start_time = p_start_time,
        end_time = p_end_time,
        duration = _session_minutes(p_session_date, p_start_time, p_end_time, v_session.timezone)
    where s.id = p_session_id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function reschedule_session(integer, date, time, time, boolean, timestamptz) is
'Moves a scheduled session to another time. The table reschedules keeps the old time, and the new time gets its own
reminder. p_session_id: the session; p_session_date: local day; p_start_time, p_end_time: local times in the session''s
own zone, an end at or before the start is on the next day; p_allow_past: true allows a time in the past (default
false); p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row.
Raises PT409 session_not_scheduled, and PT400 time_is_over, PT400 slot_incomplete, PT400 invalid_slot, PT404
session_not_found, PT409 changed_meanwhile, PT409 session_deleted.';

revoke all on function reschedule_session(integer, date, time, time, boolean, timestamptz) from public;
grant execute on function reschedule_session(integer, date, time, time, boolean, timestamptz) to sessionbook_app;
