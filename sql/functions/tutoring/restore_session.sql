-- requires: functions/_lock_session
-- security: applications bring sessions back without any right to the table; the argument is a key and nothing of it
-- becomes SQL.
-- Locks: the session, nothing after it, so that it can be in no deadlock.
create or replace function restore_session(p_session_id integer)
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
    select s.* into v_session
    from sessions as s
    where s.id = p_session_id
    for no key update;
    if v_session.deleted_at is not null then
        update sessions as s
        set deleted_at = null
        where s.id = p_session_id
        returning s.* into v_session;
        return v_session;
    end if;
    v_session := _lock_session(p_session_id);
    if v_session.status = 'scheduled' then
        return v_session;
    end if;
    if v_session.status is distinct from 'cancelled' then
        raise exception using
            errcode = 'PT409',
            constraint = 'nothing_to_restore',
            message = format('session %s is neither deleted nor cancelled', p_session_id),
            detail = e'key: nothing_to_restore\n' || format('Its status is %s.', coalesce(v_session.status, 'null')),
            hint = 'Only a deleted or a cancelled session comes back.';
    end if;
    update sessions as s
    set status = 'scheduled'
    where s.id = p_session_id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function restore_session(integer) is
'Brings a session back by one move: a deleted one as it was, else a cancelled one to scheduled at its old time.
p_session_id: the session. Returns its row, unchanged if it is scheduled already. Raises PT409 nothing_to_restore, and
PT404 session_not_found.';

revoke all on function restore_session(integer) from public;
grant execute on function restore_session(integer) to sessionbook_app;
