-- requires: functions/_lock_bookable_session, functions/_lock_order, functions/_order_money, functions/_record_money
-- requires: functions/_require_written, functions/_take_seats, functions/lifecycle.now
-- security: the order is named by its key; its moves are held to status_rules as anybody's are.
-- Locks: the order, then the sessions of its enrollments in id order, then these enrollments; then as _take_seats().
-- Plans are made once, as in create_order(): with lists of rows PostgreSQL would make them again for every call.
create or replace function set_order_status(
    p_order_id uuid,
    p_status text,
    p_expected_updated_at timestamptz default null
)
returns orders
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set plan_cache_mode = force_generic_plan
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_order orders;
    v_enrollments enrollments[];
    v_session record;
    v_moved bigint;
    v_money record;
begin
    v_order := _lock_order(p_order_id, p_expected_updated_at);
    if v_order.status = p_status then
        return v_order;
    end if;
    update orders as o
    -- No status is longer than its column: this one is refused as unknown.
    set status = left(p_status, 20)
    where o.id = p_order_id
    returning o.* into v_order;
    if not found then
        perform _require_written('orders', 0, 1);
    end if;

    perform
    from workshop_sessions as s
    where s.id in (select e.session_id from enrollments as e where e.order_id = p_order_id)
    order by s.id
    for no key update;
    perform
    from enrollments as e
    where e.order_id = p_order_id
    order by e.id
    for no key update;
    -- Seats that the order has, or had until its time was up; what a person cancelled stays cancelled.
    v_enrollments := array(
        select e
        from enrollments as e
        where e.order_id = p_order_id
            and (e.status in ('successful', 'pending') or e.status = 'cancelled' and e.expires_at is not null)
    );
    if v_order.status <> 'paid' then
        update enrollments as e
        set status = 'cancelled', expires_at = null
        where e.id in (select n.id from unnest(v_enrollments) as n);
        get diagnostics v_moved = row_count;
        perform _require_written('enrollments', v_moved, cardinality(v_enrollments));
        update workshop_sessions as s
        set current_attendees = greatest(s.current_attendees - r.seats, 0)
        from (
            select n.session_id, sum(n.seats) as seats
            from unnest(v_enrollments) as n
            where n.status <> 'cancelled'
            group by n.session_id
        ) as r
        where s.id = r.session_id;
        select m.payable, m.paid
        into v_money
        from _order_money(p_order_id) as m;
        if v_order.status = 'refunded' and v_money.paid > 0 then
            perform _record_money(p_order_id, 'refund', v_money.paid, null, null);
        end if;
        return v_order;
    end if;

    if cardinality(v_enrollments) = 0 and exists (select from enrollments as e where e.order_id = p_order_id) then
        raise exception using
            errcode = 'PT409',
            constraint = 'order_without_seats',
            message = format('order %s has no seats to pay for', v_order.order_number),
            detail = e'key: order_without_seats\n'
                || 'All of its enrollments were cancelled, one by one or with their sessions.',
            hint = 'Cancel the order and refund what was paid.';
    end if;
    -- Before seats are taken again: that call collects holds that ran out, also those of this order.
    update enrollments as e
    set status = 'successful', expires_at = null
    where e.id in (select n.id from unnest(v_enrollments) as n);
    get diagnostics v_moved = row_count;
    if v_moved <> cardinality(v_enrollments) then
        perform _require_written('enrollments', v_moved, cardinality(v_enrollments));
    end if;
    for v_session in
        select n.session_id, sum(case n.status when 'cancelled' then n.seats else 0 end)::integer as seats
        from unnest(v_enrollments) as n
        -- A hold ends with its session, for whatever reason that ended.
        where n.status = 'cancelled'
            or n.status = 'pending' and n.expires_at is not null and (
                n.expires_at <= v_now
                or exists (
                    select
                    from workshop_sessions as s
                    where s.id = n.session_id and (s.status in ('cancelled', 'completed') or s.starts_at <= v_now)
                )
            )
        group by n.session_id
        order by n.session_id
    loop
        perform _lock_bookable_session(v_session.session_id, v_now);
        perform _take_seats(v_session.session_id, v_session.seats);
    end loop;
    select m.payable, m.paid
    into v_money
    from _order_money(p_order_id) as m;
    -- Paid for the seats that it has: cancelled seats are not charged.
    if v_money.payable > v_money.paid then
        perform _record_money(
            p_order_id, 'payment', v_money.payable - v_money.paid, v_order.payment_method, null
        );
    end if;
    return v_order;
end
$function$;

comment on function set_order_status(uuid, text, timestamptz) is
'Sets the status of an order, and changes its seats with it. paid: its enrollments become successful; seats whose hold
ran out are taken again, and if they are gone, nothing changes; the part of the price that is not yet recorded as paid
is recorded (cancelled seats cost nothing). cancelled: its enrollments are cancelled and their seats freed;
order_balance shows what is to be refunded. refunded: the same, and what was paid is recorded as refunded. The present
status changes nothing, so a payment may be reported twice. p_order_id: the order; p_status: paid, cancelled or
refunded; p_expected_updated_at: updated_at of the order that the caller has seen (null: not checked). Returns the row
of orders. Raises PT404 order_not_found, PT409 changed_meanwhile, PT409 order_without_seats (all of its enrollments were
cancelled), PT400 unknown_status, PT409 illegal_transition; if its hold ran out or its session has begun, is over or
cancelled: PT409 session_full (also if people are on the waiting list), PT409 session_closed and PT404 session_not_found
(it has been deleted).';

revoke all on function set_order_status(uuid, text, timestamptz) from public;
grant execute on function set_order_status(uuid, text, timestamptz) to sessionbook_app;
