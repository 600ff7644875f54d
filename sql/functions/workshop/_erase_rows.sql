-- requires: functions/leave_waitlist
-- Seats, prices, statuses and what was paid stay as they are, so no counter and no sum changes but by leaving a waiting
-- list.
-- Locks: the orders, then the sessions of all rows, each in id order; then as leave_waitlist(), then the enrollments
-- and the entries, each in id order. Other transactions that write these rows lock their order or session first, so
-- this cannot deadlock with them.
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
    perform
    from workshop_sessions as s
    where s.id in (
        select e.session_id from enrollments as e where e.id = any(p_enrollments)
        union all
        select w.session_id from waitlist_entries as w where w.id = any(p_entries)
        union all
        select r.id
        from waitlist_entries as w
        inner join workshop_sessions as r on r.run_id = w.run_id
        where w.id = any(p_entries)
    )
    order by s.id
    for no key update;
    perform leave_waitlist(w.id)
    from waitlist_entries as w
    where w.id = any(p_entries) and w.status in ('waiting', 'offered') and w.run_entry_id is null;

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
'Erases what identifies a person from rows, and leaves all else; people who wait leave the waiting list. p_orders,
p_enrollments, p_entries: keys of orders, enrollments and waiting list entries. Returns how many rows of each table were
changed. Raises 55P03 offered_meanwhile, from leave_waitlist().';

revoke all on function _erase_rows(uuid[], uuid[], uuid[]) from public;
