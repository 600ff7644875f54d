-- requires: functions/_close_sessions, functions/_lock_pending_orders, functions/_lock_session
-- security: the application decides who may cancel; the session is named by its key, and all rows that change belong to
-- it.
-- Locks: as _lock_pending_orders(), then as _close_sessions().
create or replace function cancel_session(p_session_id uuid, p_expected_updated_at timestamptz default null)
returns setof cancellation_notice
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    perform _lock_pending_orders(array[p_session_id]);
    perform _lock_session(p_session_id, p_expected_updated_at);
    return query
    select c.*
    from _close_sessions(array[p_session_id]) as c;
end
$function$;

comment on function cancel_session(uuid, timestamptz) is
'Cancels a session and all its enrollments, closes its waiting list, and sets its seat counter to 0. Orders keep their
status, because a person decides about refunds. Only if an order has seats left elsewhere and nothing more is due for
them, it becomes paid. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen
(null: not checked). Returns the people to inform, one row an enrollment (kind enrollment, with its order and what its
seats cost) and one row a person who waited (kind waitlist); a repeated call returns none. Raises PT404
session_not_found, PT409 changed_meanwhile, PT409 illegal_transition (it is completed); 55P03 order_made_meanwhile, to
be called again.';

revoke all on function cancel_session(uuid, timestamptz) from public;
grant execute on function cancel_session(uuid, timestamptz) to sessionbook_app;
