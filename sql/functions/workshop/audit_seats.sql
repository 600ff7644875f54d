-- requires: functions/double_enrollments, functions/lifecycle.now, views/order_balance, views/seat_drift
-- Past sessions are most of a large table and need no repair any more, so they are read only on request. No search_path
-- of its own: callers inline it, and what they do not ask for is not planned.
-- Locks: none.
create or replace function audit_seats(p_also_over boolean)
returns table (session_id uuid, problem text, detail text, ids uuid[])
language sql
stable
security invoker
parallel unsafe
begin atomic
    -- noqa: disable=RF02,RF03
    with chosen as materialized (
        select s.id, s.status, s.max_attendees, s.current_attendees, s.waiting_count
        from workshop_sessions as s
        where s.over_at > (select lifecycle.now())
        union all
        select s.id, s.status, s.max_attendees, s.current_attendees, s.waiting_count
        from workshop_sessions as s
        where p_also_over and s.over_at <= (select lifecycle.now())
    ),
    -- What is in no session any more is not over.
    bought as materialized (
        select e.id, e.session_id, e.order_id, e.status, e.expires_at
        from chosen as c
        inner join enrollments as e on c.id = e.session_id
        where e.order_id is not null
        union all
        select e.id, e.session_id, e.order_id, e.status, e.expires_at
        from enrollments as e
        where e.session_id is null and e.order_id is not null
    )
    select c.id, 'overbooked', format('%s attendees, %s seats', c.current_attendees, c.max_attendees), '{}'::uuid[]
    from chosen as c
    where c.max_attendees > 0 and c.current_attendees > c.max_attendees
    union all
    select
        c.id,
        'drift',
        format('the counter says %s, enrollments and offers %s', d.current_attendees, d.enrolled),
        '{}'
    from chosen as c
    inner join seat_drift as d on c.id = d.session_id
    union all
    select c.id, 'waiting_count', format('the counter says %s, %s wait', c.waiting_count, w.waiting), '{}'
    from chosen as c
    cross join lateral (
        select count(*) as waiting
        from waitlist_entries as e
        where e.session_id = c.id and e.status = 'waiting'
    ) as w
    where c.waiting_count <> w.waiting
    union all
    select
        c.id,
        'status_against_counter',
        format('it is %s with %s attendees', c.status, c.current_attendees),
        '{}'
    from chosen as c
    where c.status in ('upcoming', 'active', 'full')
        and c.status <> case
            when c.max_attendees > 0 and c.current_attendees >= c.max_attendees then 'full'
            when c.current_attendees > 0 then 'active'
            else 'upcoming'
        end
    union all
    select
        c.id,
        'offer_without_hold',
        format('%s seats are offered, the counter says %s', w.seats, c.current_attendees),
        '{}'
    from chosen as c
    cross join lateral (
        select sum(x.seats) as seats
        from waitlist_entries as x
        where x.session_id = c.id and x.status = 'offered'
    ) as w
    where c.current_attendees < w.seats
    union all
    -- Few are pending, waiting or offered at any time, so these are not asked when they are over.
    select
        e.session_id,
        'orphan_hold',
        case when o.id is null then 'held for no order' else format('held for an order that is %s', o.status) end,
        array[e.id]
    from enrollments as e
    left join orders as o on e.order_id = o.id
    where e.status = 'pending'
        and e.expires_at is not null
        and (o.status in ('cancelled', 'refunded') or o.id is null)
    union all
    select
        w.session_id,
        'offer_revived',
        format('an entry that is %s had its offer before', w.status),
        array[w.id]
    from waitlist_entries as w
    where w.status in ('waiting', 'offered')
        and (w.enrollment_id is not null or w.status = 'waiting' and w.offered_at is not null)
    union all
    select null::uuid, 'person_without_session', 'enrolled, and nowhere to go', array[e.id]
    from enrollments as e
    where e.status = 'successful' and e.session_id is null
    union all
    select d.session_id, 'double_enrollment', 'two active enrollments of one student', array[d.first_id, d.second_id]
    from double_enrollments(p_also_over) as d
    union all
    select
        b.session_id,
        'paid_without_seat',
        format('order %s is paid, its enrollment is %s', o.order_number, b.status),
        array[b.id]
    from bought as b
    inner join orders as o on b.order_id = o.id
    where o.status = 'paid'
        and (b.status = 'pending' or b.status = 'cancelled' and b.expires_at is not null)
    union all
    select
        b.session_id,
        'seat_of_closed_order',
        format('order %s is %s, its enrollment is successful', o.order_number, o.status),
        array[b.id]
    from bought as b
    inner join orders as o on b.order_id = o.id
    where o.status in ('cancelled', 'refunded') and b.status = 'successful'
    union all
    select
        null::uuid,
        'paid_less_than_due',
        format('order %s is paid, %s is due and %s came in', o.order_number, m.due, m.amount),
        array[o.id]
    from orders as o
    cross join lateral (
        -- Refunded orders are left out: a person decided that, and order_balance shows what is due again. A booking
        -- that was moved or got more seats since is no error.
        select
            (select sum(b.due) from order_balance as b where b.order_id = o.id) as due,
            (
                select coalesce(sum(y.amount), 0)
                from payments as y
                where y.order_id = o.id and y.kind = 'payment'
            ) + (
                select coalesce(sum(greatest(c.to_price - c.from_price, 0)), 0)
                from enrollments as e
                inner join booking_changes as c on e.id = c.enrollment_id
                where e.order_id = o.id
            ) as amount
    ) as m
    where o.status = 'paid'
        and m.amount < m.due
        and o.id in (
            select b.order_id
            from bought as b
            union all
            select i.order_id
            from chosen as c
            inner join order_items as i on c.id = i.session_id
            union all
            select i.order_id
            from order_items as i
            where i.session_id is null and i.run_id is null
            union all
            select x.id
            from orders as x
            where p_also_over
        );
end;
-- noqa: enable=RF02,RF03

comment on function audit_seats(boolean) is
'Finds contradictions about seats and their money, one row each, as seat_audit. p_also_over: true also checks past
sessions and their orders, and so reads all rows. Returns the columns of seat_audit. Raises nothing.';

revoke all on function audit_seats(boolean) from public;
grant execute on function audit_seats(boolean) to sessionbook_app, sessionbook_reader;
