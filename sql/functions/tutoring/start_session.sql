-- requires: functions/_lock_session
-- security: applications move sessions without rights on the table; the argument is a key and is never executed as SQL.
-- Locks: the session, nothing after it, so that it cannot deadlock.
create or replace function start_session(p_session_id integer, p_expected_updated_at timestamptz default null)
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
    perform _lock_session(p_session_id, p_expected_updated_at);
    update sessions as s
    set status = 'in_progress'
    where s.id = p_session_id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function start_session(integer, timestamptz) is
'Starts a scheduled session, before or after its time. p_session_id: the session; p_expected_updated_at: updated_at of
the row that the caller has seen (null: not checked). Returns its row, unchanged if it has that status already. Raises
PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted, PT409 illegal_transition if the rules do not
allow it.';

revoke all on function start_session(integer, timestamptz) from public;
grant execute on function start_session(integer, timestamptz) to sessionbook_app;
