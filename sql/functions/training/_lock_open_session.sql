-- requires: functions/_lock_session, functions/lifecycle.shown
-- Locks: the session, as _lock_session() does.
create or replace function _lock_open_session(p_session_id text, p_expected_updated_at timestamptz default null)
returns sessions
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_session constant sessions := _lock_session(p_session_id, p_expected_updated_at);
begin
    if v_session.status in ('COMPLETED', 'CANCELLED') then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_closed',
            message = format('session %s is %s', lifecycle.shown(p_session_id), v_session.status),
            detail = e'key: session_closed\n' || 'A completed or cancelled session can no longer be planned.',
            hint = 'Make a new draft.';
    end if;
    return v_session;
end
$function$;

comment on function _lock_open_session(text, timestamptz) is
'Locks a session that is still planned, a draft or scheduled. p_session_id: the session;
p_expected_updated_at: as of _lock_session(). Returns its row. Raises PT409 session_closed; PT404 session_not_found,
PT409 changed_meanwhile, PT409 session_deleted.';

revoke all on function _lock_open_session(text, timestamptz) from public;
