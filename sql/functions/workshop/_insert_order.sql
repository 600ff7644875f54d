-- requires: functions/_add_run_items, functions/_next_order_number, functions/_require_written
-- Subqueries instead of joins with the items keep each of them a look-up by key.
-- Locks: the creator's order counter; callers have locked the sessions and taken the seats.
create or replace function _insert_order(
    p_creator_id uuid,
    p_customer_name text,
    p_customer_phone text,
    p_customer_email text,
    p_order_source text,
    p_items order_items[],
    p_expires_at timestamptz,
    p_idempotency_key text,
    p_idempotency_request jsonb,
    p_paid numeric default 0,
    p_payment_method text default null,
    p_payment_reference text default null
)
returns orders
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
declare
    v_order orders;
    v_listed bigint;
    v_booked bigint;
begin
    insert into orders as o (
        creator_id, order_number, customer_name, customer_phone, customer_email, total_amount, currency,
        status, payment_method, payment_reference, order_source, expires_at, idempotency_key, idempotency_request
    )
    select
        p_creator_id,
        _next_order_number(p_creator_id),
        p_customer_name,
        p_customer_phone,
        p_customer_email,
        t.total,
        w.currency,
        case when t.total > p_paid then 'pending' else 'paid' end,
        p_payment_method,
        p_payment_reference,
        p_order_source,
        p_expires_at,
        p_idempotency_key,
        p_idempotency_request
    from workshops as w
    cross join (select sum(i.subtotal) as total from unnest(p_items) as i) as t
    where w.id = p_items[1].workshop_id
    returning o.* into v_order;
    if not found then
        perform _require_written('orders', 0, 1);
    end if;
    insert into order_items (
        order_id, workshop_id, workshop_name, workshop_name_ar, price, quantity, subtotal, session_id, run_id
    )
    select
        v_order.id, i.workshop_id, min(i.workshop_name), min(i.workshop_name_ar), i.price, sum(i.quantity),
        sum(i.subtotal), i.session_id,
        -- A session of an adopted application may name a run that is not there.
        (
            select r.id
            from workshop_sessions as s
            inner join workshop_runs as r on s.run_id = r.id and s.workshop_id = r.workshop_id
            where s.id = i.session_id
        )
    from unnest(p_items) with ordinality as i
    where i.run_id is null
    -- Items of one session are one, so that each enrollment is of one item.
    group by i.workshop_id, i.session_id, i.price
    order by min(i.ordinality);
    get diagnostics v_listed = row_count;
    -- Counted only if there may be fewer: items of one session, or runs.
    if v_listed < cardinality(p_items) then
        perform _require_written('order_items', v_listed, count(distinct i.session_id))
        from unnest(p_items) as i
        where i.run_id is null;
    end if;
    insert into enrollments (
        workshop_id, order_id, order_item_id, session_id, student_name, student_email, student_phone, seats,
        total_price, status, expires_at
    )
    select
        i.workshop_id, i.order_id, i.id, i.session_id, p_customer_name, p_customer_email, p_customer_phone, i.quantity,
        i.subtotal, case v_order.status when 'paid' then 'successful' else 'pending' end, p_expires_at
    from order_items as i
    where i.order_id = v_order.id;
    get diagnostics v_booked = row_count;
    if v_booked <> v_listed then
        perform _require_written('enrollments', v_booked, v_listed);
    end if;
    -- Those of runs come last.
    if p_items[cardinality(p_items)].run_id is not null then
        perform _add_run_items(v_order, p_items);
    end if;
    return v_order;
end
$function$;

comment on function _insert_order(
    uuid, text, text, text, text, order_items[], timestamptz, text, jsonb, numeric, text, text
) is
'Writes an order with its items and enrollments: pending, or paid if it costs no more than p_paid. p_creator_id: who
sells; p_customer_name, p_customer_phone, p_customer_email: who buys (e-mail null: none); p_order_source: whatsapp,
direct or qr; p_items: its items, each with its session, seats and price, of runs as _run_items() gives them, the seats
taken by the caller; p_expires_at: until when the seats are held (null: nothing is due); p_idempotency_key,
p_idempotency_request: what the caller''s key stands for (null: none); p_paid: money that came in, which the caller
records (default 0); p_payment_method, p_payment_reference: of that payment (default null: not given). Returns the row
of orders. Raises PT409 session_closed (a trigger suppressed rows); 23505 if another call has just taken the key or the
number.';

revoke all on function _insert_order(
    uuid, text, text, text, text, order_items[], timestamptz, text, jsonb, numeric, text, text
) from public;
