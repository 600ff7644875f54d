-- requires: views/order_balance, functions/lifecycle.now, functions/lifecycle.status_in_arabic
create or replace view order_tracking
with (security_invoker = true)
as
select
    o.id as order_id,
    i.id as order_item_id,
    o.creator_id,
    o.order_number,
    case
        when o.status = 'pending' and o.expires_at <= k.now then 'cancelled' else o.status
    end as status,
    lifecycle.status_in_arabic(
        'workshop.order',
        case
            when o.status = 'pending' and o.expires_at <= k.now then 'cancelled' else o.status
        end
    ) as status_ar,
    case when o.status = 'pending' and o.expires_at > k.now then o.expires_at end as held_until,
    o.created_at as ordered_at,
    i.workshop_id,
    i.workshop_name,
    i.workshop_name_ar,
    i.run_id,
    i.session_id,
    s.session_date,
    s.start_time,
    s.end_time,
    s.timezone,
    s.starts_at,
    s.location,
    s.location_ar,
    s.status as session_status,
    lifecycle.status_in_arabic('workshop.session', s.status) as session_status_ar,
    i.quantity,
    i.price,
    i.subtotal,
    o.currency,
    b.due,
    b.paid,
    b.refundable
from (select lifecycle.now() as now limit 1) as k -- noqa: AM09
cross join orders as o
inner join order_items as i on o.id = i.order_id
left join workshop_sessions as s on i.session_id = s.id
cross join lateral (
    select sum(x.due) as due, sum(x.paid) as paid, sum(x.refundable) as refundable
    from order_balance as x
    where x.order_id = i.order_id and x.order_item_id = i.id
) as b;

comment on view order_tracking is
'Orders as their buyers see them: one row an item, with its session, what is due and until when the seats are held, as
of lifecycle.now(). Give an order_id; page by ordered_at and order_item_id. track_order() serves buyers without an
account.';
comment on column order_tracking.order_id is 'Key of the order.';
comment on column order_tracking.order_item_id is 'Key of the item.';
comment on column order_tracking.creator_id is 'Who sells.';
comment on column order_tracking.order_number is 'Number that the buyer knows; unique per creator.';
comment on column order_tracking.status is 'pending, paid, cancelled (also: its hold has just run out) or refunded.';
comment on column order_tracking.status_ar is 'The status in Arabic.';
comment on column order_tracking.held_until is 'Until when the seats are held for payment; null: they are not.';
comment on column order_tracking.ordered_at is 'When the order was made.';
comment on column order_tracking.workshop_id is 'Workshop that was bought.';
comment on column order_tracking.workshop_name is 'Name of the workshop, as ordered.';
comment on column order_tracking.workshop_name_ar is 'The name in Arabic, as ordered; null: not translated.';
comment on column order_tracking.run_id is 'Run that was bought; null: none.';
comment on column order_tracking.session_id is 'Session that was bought; null: not decided.';
comment on column order_tracking.session_date is 'First local day of the session.';
comment on column order_tracking.start_time is 'Local start on the first day.';
comment on column order_tracking.end_time is 'Local end on the last day; null: by duration.';
comment on column order_tracking.timezone is 'IANA time zone of date and times.';
comment on column order_tracking.starts_at is 'Instant of the start.';
comment on column order_tracking.location is 'Where it takes place; null: not given.';
comment on column order_tracking.location_ar is 'The place in Arabic; null: not translated.';
comment on column order_tracking.session_status is 'upcoming, active, full, completed or cancelled, as last stored.';
comment on column order_tracking.session_status_ar is 'The status of the session in Arabic.';
comment on column order_tracking.quantity is 'Seats ordered.';
comment on column order_tracking.price is 'Price of one seat when it was ordered, in units of currency.';
comment on column order_tracking.subtotal is 'Price of the item when it was ordered.';
comment on column order_tracking.currency is 'ISO 4217 code of the amounts.';
comment on column order_tracking.due is 'Price of the seats that the item has now.';
comment on column order_tracking.paid is 'What was paid for the item and not refunded.';
comment on column order_tracking.refundable is 'What was paid and is not due, to be refunded.';

revoke all on table order_tracking from public;
grant select on table order_tracking to sessionbook_app, sessionbook_reader;
