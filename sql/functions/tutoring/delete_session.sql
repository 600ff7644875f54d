-- requires: functions/_lock_session, functions/lifecycle.now
-- security: applications delete sessions without rights on the table; the argument is a key and is never executed as
-- SQL.
-- Locks: the session, nothing after it, so that it cannot deadlock.
create or replace function delete_session(p_session_id integer, p_expected_updated_at timestamptz default null)
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

comment on function delete_session(integer, timestamptz) is
'Soft-deletes a session: the clock ignores it, its reminders are not sent, its row and history stay. restore_session()
restores it. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not
checked). Returns its row, unchanged if it is deleted already. Raises PT404 session_not_found, PT409
changed_meanwhile.';

revoke all on function delete_session(integer, timestamptz) from public;
grant execute on function delete_session(integer, timestamptz) to sessionbook_app;
