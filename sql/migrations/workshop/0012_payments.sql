-- Money is recorded, and what is due follows from the seats.
-- depends: 0011_selling
--
-- Why:      an order partly cancelled was charged in full, and nothing said what is to be given back.
-- Locks:    access exclusive on enrollments for the length of the transaction, share row exclusive on orders and
--           order_items; enrollments of orders are written once.
-- Data:     enrollments take the item of their order that is of their session, if there is just one. Orders that were
--           paid or refunded before get a payment of their amount, and a refund of it. Nothing is deleted.
-- Rollback: 0012_payments.rollback.sql drops what was recorded of money.
alter table enrollments
add column order_item_id uuid,
add constraint enrollments_order_item_id_fkey
foreign key (order_item_id) references order_items (id) on delete set null;
comment on column enrollments.order_item_id is 'Item of the order that these seats are of; null: none.';

update enrollments as e
set order_item_id = i.item_id
from (
    select x.order_id, x.session_id, (array_agg(x.id))[1] as item_id
    from order_items as x
    where x.session_id is not null
    group by x.order_id, x.session_id
    having count(*) = 1
) as i
where e.order_id = i.order_id and e.session_id = i.session_id;

create index enrollments_order_item_id_idx on enrollments (order_item_id) where order_item_id is not null;

create table payments (
    id uuid not null default gen_random_uuid(),
    order_id uuid not null,
    kind text not null,
    amount numeric(10, 3) not null,
    method text,
    reference text,
    changed_by text not null,
    actor text not null,
    recorded_at timestamptz not null,
    constraint payments_pkey primary key (id),
    constraint payments_order_id_fkey foreign key (order_id) references orders (id) on delete restrict,
    constraint payments_order_id_kind_reference_key unique (order_id, kind, reference),
    constraint payments_kind_check check (kind in ('payment', 'refund')),
    constraint payments_amount_check check (amount > 0 and amount <> 'NaN')
);
comment on table payments is 'Payments and refunds of orders. Rows are only added.';
comment on column payments.id is 'Key.';
comment on column payments.order_id is 'Order that the money is for.';
comment on column payments.kind is 'payment or refund.';
comment on column payments.amount is 'How much, in units of the order''s currency; above 0.';
comment on column payments.method is 'How it was paid; null: not given.';
comment on column payments.reference is
'The payment provider''s reference, unique for each order and kind; null: none.';
comment on column payments.changed_by is 'Database role that recorded it: that of SET ROLE, else the login role.';
comment on column payments.actor is
'Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role;
no proof. Personal.';
comment on column payments.recorded_at is 'When it was recorded.';

insert into payments (order_id, kind, amount, method, changed_by, actor, recorded_at)
select o.id, k.kind, o.total_amount, o.payment_method, session_user, session_user, o.updated_at
from orders as o
cross join (values ('payment'), ('refund')) as k (kind)
where o.total_amount > 0 and (o.status = 'refunded' or o.status = 'paid' and k.kind = 'payment');

revoke all on payments from public;

comment on type cancellation_notice is
'A person to inform that a session was cancelled or moved, as cancel_session(), cancel_run() and reschedule_session()
return it.';
