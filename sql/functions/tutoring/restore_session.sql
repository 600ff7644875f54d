-- requires: functions/_lock_session, functions/_refuse_past, functions/lifecycle.now
-- security: applications bring sessions back without rights on the table; the argument is a key and is never executed
-- as SQL.
-- Locks: the session, nothing after it, so that it cannot deadlock.
create or replace function restore_session(
    p_session_id integer,
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
    v_status text;
begin
    v_session := _lock_session(p_session_id, p_expected_updated_at, true);
    if v_session.deleted_at is not null then
        if v_session.status = 'scheduled' and not coalesce(p_allow_past, false) then
            perform _refuse_past(p_session_id, v_session.starts_at, v_now);
        end if;
        update sessions as s
        set deleted_at = null
        where s.id = p_session_id
        returning s.* into v_session;
        return v_session;
    end if;
    if v_session.status = 'scheduled' then
        return v_session;
    end if;
    -- A session that was started or completed before its time, for example by mistake, has not taken place yet.
    if v_session.status is null
        or v_session.status in ('in_progress', 'completed') and v_session.starts_at <= v_now
    then
        raise exception using
            errcode = 'PT409',
            constraint = 'nothing_to_restore',
            message = format('session %s is neither deleted nor cancelled', p_session_id),
            detail = e'key: nothing_to_restore\n' || format('Its status is %s.', coalesce(v_session.status, 'null')),
            hint = 'Only deleted or cancelled sessions, no-shows, and those started or completed too early can be restored.';
    end if;
    v_status := case
        when v_session.status = 'cancelled' or v_session.starts_at > v_now then 'scheduled'
        when v_session.ends_at > v_now then 'in_progress'
        else 'completed'
    end;
    if v_session.status = 'cancelled' and not coalesce(p_allow_past, false) then
        perform _refuse_past(p_session_id, v_session.starts_at, v_now);
    end if;
    update sessions as s
    set status = v_status
    where s.id = p_session_id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function restore_session(integer, boolean, timestamptz) is
'Restores a session by one step. A deleted session is as it was before. A cancelled one is scheduled at its old time. A
no-show becomes completed, in progress or scheduled, depending on the time. A session that was started or completed
before its start is scheduled again. p_session_id: the session; p_allow_past: true also restores a session whose time is
past; the clock then completes it (default false); p_expected_updated_at: updated_at of the row that the caller has seen
(null: not checked). Returns its row, unchanged if it is scheduled already. Raises PT409 nothing_to_restore, and PT404
session_not_found, PT409 changed_meanwhile, PT400 time_is_over.';

revoke all on function restore_session(integer, boolean, timestamptz) from public;
grant execute on function restore_session(integer, boolean, timestamptz) to sessionbook_app;
