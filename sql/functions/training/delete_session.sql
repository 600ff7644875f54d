-- requires: functions/lifecycle.now, functions/lifecycle.shown
-- security: the application writes no table; it names one session, which is marked as deleted.
-- Locks: the session, and nothing after it.
create or replace function delete_session(p_session_id text)
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
    update sessions as s
    set deleted_at = coalesce(s.deleted_at, v_now)
    where s.id = p_session_id
    returning s.* into v_session;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'session_not_found',
            message = format('there is no session %s', lifecycle.shown(p_session_id)),
            detail = e'key: session_not_found\n' || 'No row of sessions has this id.',
            hint = 'Look it up in sessions.';
    end if;
    return v_session;
end
$function$;

comment on function delete_session(text) is
'Soft-deletes a session: trainer and venue are free at once, its row, class list and history stay. p_session_id: the
session. Returns its row, unchanged if it was deleted already. Raises PT404 session_not_found.';

revoke all on function delete_session(text) from public;
grant execute on function delete_session(text) to sessionbook_app;
