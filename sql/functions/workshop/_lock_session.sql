-- Locks: the session.
create or replace function _lock_session(p_session_id uuid, p_expected_updated_at timestamptz)
returns workshop_sessions
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_session workshop_sessions;
begin
    select s.*
    into v_session
    from workshop_sessions as s
    where s.id = p_session_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'session_not_found',
            message = format('there is no session %s', coalesce(p_session_id::text, 'null')),
            detail = e'key: session_not_found\n' || 'No row of workshop_sessions has this id.',
            hint = 'Look it up in session_availability.';
    end if;
    if p_expected_updated_at <> v_session.updated_at then
        raise exception using
            errcode = 'PT409',
            constraint = 'changed_meanwhile',
            message = format('session %s was changed by somebody else', p_session_id),
            detail = e'key: changed_meanwhile\n' || format('It was last changed at %s.', v_session.updated_at),
            hint = 'Read the row again, then repeat the call with its current updated_at.';
    end if;
    return v_session;
end
$function$;

comment on function _lock_session(uuid, timestamptz) is
'Locks a session. p_session_id: the session; p_expected_updated_at: when it was last changed, as the caller knows it
(null: not checked). Returns its row of workshop_sessions. Raises PT404 session_not_found, PT409 changed_meanwhile.';

revoke all on function _lock_session(uuid, timestamptz) from public;
