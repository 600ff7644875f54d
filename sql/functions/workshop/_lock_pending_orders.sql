-- Orders come before sessions: ending a session may make its order paid.
-- Locks: the orders, in id order.
create or replace function _lock_pending_orders(p_session_ids uuid[])
returns void
language sql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
    select
    from orders as o
    where o.status = 'pending'
        and o.id in (select e.order_id from enrollments as e where e.session_id = any(p_session_ids))
    order by o.id
    for no key update;
$function$;

comment on function _lock_pending_orders(uuid[]) is
'Locks the pending orders that have seats in given sessions. p_session_ids: the sessions, not locked yet. Returns
nothing. Raises nothing.';

revoke all on function _lock_pending_orders(uuid[]) from public;
