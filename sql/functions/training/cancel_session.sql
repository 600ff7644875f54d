-- requires: functions/_lock_session
-- security: the application writes no table; it names one session, which is cancelled if the rules allow it.
-- Locks: the session, and nothing after it.
create or replace function cancel_session(p_session_id text, p_expected_updated_at timestamptz default null)
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
    set status = 'CANCELLED'
    where s.id = p_session_id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function cancel_session(text, timestamptz) is
'Cancels a draft or a scheduled session; trainer and venue are free at once. p_session_id: the session;
p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if
it was cancelled already. Raises PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted, PT409
illegal_transition if it is completed.';

revoke all on function cancel_session(text, timestamptz) from public;
grant execute on function cancel_session(text, timestamptz) to sessionbook_app;
