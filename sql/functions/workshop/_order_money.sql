-- Which items these are is as in order_balance.
-- Locks: none; callers have locked the order, and nobody records money without that lock.
create or replace function _order_money(p_order_id uuid)
returns table (payable numeric, paid numeric)
language sql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
    select
        case
            when e.rows = 0
                then (select coalesce(sum(i.subtotal), 0) from order_items as i where i.order_id = p_order_id)
            -- And items without seats.
            else e.payable + (
                select coalesce(sum(i.subtotal), 0)
                from order_items as i
                where i.order_id = p_order_id
                    and i.session_id is null
                    and i.run_id is null
                    and not exists (select from enrollments as x where x.order_item_id = i.id)
            )
        end,
        (
            select coalesce(sum(case y.kind when 'payment' then y.amount else -y.amount end), 0)
            from payments as y
            where y.order_id = p_order_id
        )
    from (
        select
            count(*) as rows,
            coalesce(
                sum(x.total_price) filter (
                    where x.status in ('successful', 'pending') or x.status = 'cancelled' and x.expires_at is not null
                ),
                0
            ) as payable
        from enrollments as x
        where x.order_id = p_order_id
    ) as e;
$function$;

comment on function _order_money(uuid) is
'What an order is paid with, and what was paid. p_order_id: the order. Returns one row: payable (the price of its seats,
including those whose hold ran out and that a late payment takes again) and paid (what was paid and not refunded), in
units of its currency. Raises nothing.';

revoke all on function _order_money(uuid) from public;
