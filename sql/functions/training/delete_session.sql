-- requires: functions/_lock_session, functions/lifecycle.now
-- security: the application writes no table; it names one session, which is marked as deleted.
-- Locks: the session, and nothing after it.
create or replace function delete_session(p_session_id text, p_expected_updated_at timestamptz default null)
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
    perform _lock_session(p_session_id, p_expected_updated_at, true);
    update sessions as s
    set deleted_at = coalesce(s.deleted_at, v_now)
    where s.id = p_session_id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function delete_session(text, timestamptz) is
'Soft-deletes a session: trainer and venue are free at once, its row, class list and history stay. p_session_id: the
session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row,
unchanged if it was deleted already. Raises PT404 session_not_found, PT409 changed_meanwhile.';

revoke all on function delete_session(text, timestamptz) from public;
grant execute on function delete_session(text, timestamptz) to sessionbook_app;
