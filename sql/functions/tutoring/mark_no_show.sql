-- requires: functions/lock_session
-- Locks: the session.
create or replace function mark_no_show(p_session_id integer)
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
    perform lock_session(p_session_id);
    update sessions as s
    set status = 'no_show'
    where s.id = p_session_id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function mark_no_show(integer) is
'Notes that a session was held for nobody, also after the clock completed it. p_session_id: the session. Returns its
row, unchanged where it had that status already. Raises nothing of its own; PT404 session_not_found, PT409
session_deleted, PT409 illegal_transition where the rules do not allow it.';

revoke all on function mark_no_show(integer) from public;
grant execute on function mark_no_show(integer) to sessionbook_app;
