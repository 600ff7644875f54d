-- Seats, prices, statuses and what was paid stay as they are, so no counter and no sum changes.
-- Locks: the orders in id order, then the enrollments in id order, then the waiting list entries in id order.
create or replace function _erase_rows(p_orders uuid[], p_enrollments uuid[], p_entries uuid[])
returns table (table_name text, erased bigint)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    perform from orders as o where o.id = any(p_orders) order by o.id for no key update;
    update orders as o
    set customer_name = 'erased', customer_phone = 'erased', customer_email = null, notes = null,
        idempotency_key = null, idempotency_request = null
    where o.id = any(p_orders);
    get diagnostics erased = row_count;
    table_name := 'orders';
    return next;
    perform from enrollments as e where e.id = any(p_enrollments) order by e.id for no key update;
    update enrollments as e
    set student_name = 'erased', student_email = null, student_phone = null, notes = null, idempotency_key = null
    where e.id = any(p_enrollments);
    get diagnostics erased = row_count;
    table_name := 'enrollments';
    return next;
    perform from waitlist_entries as w where w.id = any(p_entries) order by w.id for no key update;
    update waitlist_entries as w
    set student_name = 'erased', student_email = null, student_phone = null
    where w.id = any(p_entries);
    get diagnostics erased = row_count;
    table_name := 'waitlist_entries';
    return next;
end
$function$;

comment on function _erase_rows(uuid[], uuid[], uuid[]) is
'Takes what says who it was out of rows, and leaves all else. p_orders, p_enrollments, p_entries: keys of orders,
enrollments and waiting list entries. Returns how many rows of each table were changed. Raises nothing.';

revoke all on function _erase_rows(uuid[], uuid[], uuid[]) from public;
