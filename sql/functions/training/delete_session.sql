-- requires: functions/lock_session, functions/lifecycle.now
-- Locks: the session.
create or replace function delete_session(p_session_id text)
returns sessions
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_session sessions;
begin
    perform lock_session(p_session_id);
    update sessions as s
    set deleted_at = v_now
    where s.id = p_session_id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function delete_session(text) is
'Deletes a session softly: trainer and venue are free at once, its row, class list and history stay. p_session_id: the
session. Returns its row. Raises nothing of its own; PT404 session_not_found, PT409 session_deleted.';

revoke all on function delete_session(text) from public;
grant execute on function delete_session(text) to sessionbook_app;
