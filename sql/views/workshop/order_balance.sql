-- requires: functions/lifecycle.now
-- Payments are allocated first to what is due, item by item in the order of the items, then to what was cancelled; any
-- rest belongs to the last item.
create or replace view order_balance
with (security_invoker = true)
as
select
    b.order_id,
    b.order_item_id,
    b.currency,
    b.total,
    greatest(b.total - b.due, 0) as cancelled,
    b.due,
    p.paid,
    greatest(p.paid - b.due, 0) as refundable
from (
    select
        d.order_id,
        d.order_item_id,
        d.currency,
        d.total,
        d.due,
        d.net,
        d.place = count(*) over w as is_last,
        sum(d.due) over w as due_of_all,
        coalesce(sum(d.due) over before, 0) as due_before,
        coalesce(sum(greatest(d.total - d.due, 0)) over before, 0) as cancelled_before
    from (
        select
            i.order_id,
            i.id as order_item_id,
            o.currency,
            i.subtotal as total,
            case
                when o.status in ('cancelled', 'refunded') then 0
                -- Items that an application sells without enrollments, or that are not seats.
                when e.of_order = 0 or e.of_item = 0 and i.session_id is null and i.run_id is null then i.subtotal
                else e.due
            end as due,
            m.net,
            row_number() over (partition by i.order_id order by i.created_at, i.id) as place
        from (
            select
                t.id,
                t.order_id,
                t.session_id,
                t.run_id,
                t.subtotal,
                t.created_at,
                row_number() over (partition by t.order_id, t.session_id order by t.created_at, t.id) = 1 as is_first
            from order_items as t
        ) as i
        inner join orders as o on i.order_id = o.id
        cross join lateral (
            select
                count(*) as of_order,
                count(*) filter (where y.is_of_item) as of_item,
                coalesce(
                    sum(y.total_price) filter (
                        where y.is_of_item
                            and (
                                y.status = 'successful'
                                or y.status = 'pending' and coalesce(y.expires_at > (select lifecycle.now()), true)
                            )
                    ),
                    0
                ) as due
            from (
                select
                    x.total_price,
                    x.status,
                    x.expires_at,
                    -- An application stores the order and session of a seat, but not the item.
                    x.order_item_id = i.id
                    or x.order_item_id is null and x.session_id = i.session_id and i.is_first as is_of_item
                from enrollments as x
                where x.order_id = i.order_id
            ) as y
        ) as e
        cross join lateral (
            select coalesce(sum(case y.kind when 'payment' then y.amount else -y.amount end), 0) as net
            from payments as y
            where y.order_id = i.order_id
        ) as m
    ) as d
    window
        w as (partition by d.order_id),
        before as (partition by d.order_id order by d.place rows between unbounded preceding and 1 preceding)
) as b
cross join lateral (
    select
        least(b.due, greatest(b.net - b.due_before, 0))
        + case
            when b.is_last then greatest(b.net - b.due_of_all - b.cancelled_before, 0)
            else least(greatest(b.total - b.due, 0), greatest(b.net - b.due_of_all - b.cancelled_before, 0))
        end as paid
) as p;

comment on view order_balance is
'The balance of each item of an order, in the order''s currency. The balance of an order is the sum of its items.';
comment on column order_balance.order_id is 'Key of the order.';
comment on column order_balance.order_item_id is 'Key of the item.';
comment on column order_balance.currency is 'ISO 4217 code of the amounts.';
comment on column order_balance.total is 'Price when it was ordered.';
comment on column order_balance.cancelled is
'The part that is no longer due: seats that were cancelled, given up, or not paid in time.';
comment on column order_balance.due is 'Price of the seats that the item has now.';
comment on column order_balance.paid is
'What was paid and not refunded. An order''s money counts first for what is due.';
comment on column order_balance.refundable is 'What was paid and is not due, to be refunded.';

revoke all on table order_balance from public;
grant select on table order_balance to sessionbook_app, sessionbook_reader;
