-- requires: functions/_require_written
-- Locks: none; the caller has made the order.
create or replace function _add_run_items(p_order orders, p_items order_items[])
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_item order_items;
    v_booked bigint;
begin
    for v_item in
        select i.*
        from unnest(p_items) as i
        where i.run_id is not null
    loop
        continue when exists (
            select
            from order_items as i
            where i.order_id = p_order.id and i.run_id = v_item.run_id and i.session_id is null
        );
        insert into order_items as o (
            order_id, workshop_id, workshop_name, workshop_name_ar, price, quantity, subtotal, run_id
        )
        select
            p_order.id, v_item.workshop_id, v_item.workshop_name, v_item.workshop_name_ar, v_item.price,
            -- The same run twice is one item.
            sum(i.quantity) / count(distinct i.session_id), sum(i.subtotal), v_item.run_id
        from unnest(p_items) as i
        where i.run_id = v_item.run_id
        returning o.* into v_item;
        if not found then
            perform _require_written('order_items', 0, 1);
        end if;
        insert into enrollments (
            workshop_id, order_id, order_item_id, session_id, student_name, student_email, student_phone, seats,
            total_price, status, expires_at, run_booking_id
        )
        select
            v_item.workshop_id, p_order.id, v_item.id, i.session_id, p_order.customer_name, p_order.customer_email,
            p_order.customer_phone, sum(i.quantity), sum(i.subtotal),
            case p_order.status when 'paid' then 'successful' else 'pending' end, p_order.expires_at, v_item.id
        from unnest(p_items) as i
        where i.run_id = v_item.run_id
        group by i.session_id;
        get diagnostics v_booked = row_count;
        perform _require_written('enrollments', v_booked, count(distinct i.session_id))
        from unnest(p_items) as i
        where i.run_id = v_item.run_id;
    end loop;
end
$function$;

comment on function _add_run_items(orders, order_items[]) is
'Writes the items of an order that are whole runs, and an enrollment in each of their sessions. p_order: the order, paid
or pending; p_items: its items, runs as _run_items() gives them, the seats taken by the caller. Returns nothing. Raises
nothing.';

revoke all on function _add_run_items(orders, order_items[]) from public;
