-- requires: functions/_lock_session, functions/_reopen_waitlist, functions/lifecycle.now
-- security: the session is named by its key; its status follows from its seats, as ever.
-- Locks: the session, then its waitlist_entries.
create or replace function reopen_session(p_session_id uuid, p_expected_updated_at timestamptz default null)
returns workshop_sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_session workshop_sessions;
    v_waiting integer := 0;
begin
    v_session := _lock_session(p_session_id, p_expected_updated_at);
    if v_session.status <> 'completed' then
        return v_session;
    end if;
    if v_session.over_at <= v_now then
        raise exception using
            errcode = 'PT400',
            constraint = 'time_is_over',
            message = format('session %s cannot be reopened: its time is over', p_session_id),
            detail = e'key: time_is_over\n' || format('It was over at %s.', v_session.over_at),
            hint = 'If the date is wrong, reschedule_session() first.';
    end if;
    update workshop_sessions as s
    set status = 'upcoming'
    where s.id = p_session_id;
    if v_session.starts_at > v_now then
        v_waiting := _reopen_waitlist(p_session_id);
    end if;
    -- An update that names the counter fires the seat trigger: status follows the seats, and the queue gets offers.
    update workshop_sessions as s
    set waiting_count = s.waiting_count + v_waiting, current_attendees = s.current_attendees
    where s.id = p_session_id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function reopen_session(uuid, timestamptz) is
'Reopens a completed session: its status follows its seats again. If it has not begun, people whose waiting list entry
the clock closed wait again. p_session_id: the session; one that is not completed stays as it is; p_expected_updated_at:
updated_at of the row that the caller has seen (null: not checked). Returns its row of workshop_sessions. Raises PT400
time_is_over (its last day has passed: call reschedule_session() first), PT404 session_not_found, PT409
changed_meanwhile.';

revoke all on function reopen_session(uuid, timestamptz) from public;
grant execute on function reopen_session(uuid, timestamptz) to sessionbook_app;
