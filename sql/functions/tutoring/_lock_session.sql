-- Locks: the session. A tick skips it and finds it again the next time.
create or replace function _lock_session(
    p_session_id integer,
    p_expected_updated_at timestamptz default null,
    p_deleted_too boolean default false
)
returns sessions
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_session sessions;
begin
    select s.* into v_session
    from sessions as s
    where s.id = p_session_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'session_not_found',
            message = format('there is no session %s', coalesce(p_session_id::text, 'null')),
            detail = e'key: session_not_found\n' || 'No row of sessions has this id.',
            hint = 'Look it up in session_workflows.';
    end if;
    if p_expected_updated_at <> v_session.updated_at then
        raise exception using
            errcode = 'PT409',
            constraint = 'changed_meanwhile',
            message = format('session %s was changed by somebody else', p_session_id),
            detail = e'key: changed_meanwhile\n' || format('It was last changed at %s.', v_session.updated_at),
            hint = 'Read the row again, then repeat the call with its current updated_at.';
    end if;
    if v_session.deleted_at is not null and not p_deleted_too then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_deleted',
            message = format('session %s is deleted', p_session_id),
            detail = e'key: session_deleted\n' || format('It was deleted at %s.', v_session.deleted_at),
            hint = 'restore_session() brings it back.';
    end if;
    return v_session;
end
$function$;

comment on function _lock_session(integer, timestamptz, boolean) is
'Locks a session for a change. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller
has seen (null: not checked); p_deleted_too: also one that is deleted (default false). Returns its row. Raises PT404
session_not_found, PT409 changed_meanwhile, PT409 session_deleted.';

revoke all on function _lock_session(integer, timestamptz, boolean) from public;
