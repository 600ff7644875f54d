-- Months in UTC: an order may hold sessions of several zones.
create or replace view revenue_by_month
with (security_invoker = true)
as
select
    o.creator_id,
    date_trunc('month', p.recorded_at at time zone 'UTC')::date as month,
    o.currency,
    coalesce(sum(p.amount) filter (where p.kind = 'payment'), 0) as paid,
    coalesce(sum(p.amount) filter (where p.kind = 'refund'), 0) as refunded,
    sum(case p.kind when 'payment' then p.amount else -p.amount end) as revenue
from payments as p
inner join orders as o on p.order_id = o.id
group by o.creator_id, date_trunc('month', p.recorded_at at time zone 'UTC')::date, o.currency;

comment on view revenue_by_month is
'Payments and refunds by creator, month (UTC) and currency. Give a creator_id; page by month.';
comment on column revenue_by_month.creator_id is 'Who sold.';
comment on column revenue_by_month.month is 'First day of the month, UTC.';
comment on column revenue_by_month.currency is 'ISO 4217 code of the amounts.';
comment on column revenue_by_month.paid is 'Payments.';
comment on column revenue_by_month.refunded is 'Refunds.';
comment on column revenue_by_month.revenue is 'Payments less refunds.';

revoke all on table revenue_by_month from public;
grant select on table revenue_by_month to sessionbook_app, sessionbook_reader;
