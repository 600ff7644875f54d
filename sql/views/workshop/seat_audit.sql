-- requires: functions/double_enrollments, views/order_balance, views/seat_drift
create or replace view seat_audit
with (security_invoker = true)
as
select
    s.id as session_id,
    'overbooked' as problem,
    format('%s attendees, %s seats', s.current_attendees, s.max_attendees) as detail,
    '{}'::uuid[] as ids
from workshop_sessions as s
where s.max_attendees > 0 and s.current_attendees > s.max_attendees
union all
select
    d.session_id,
    'drift',
    format('the counter says %s, enrollments and offers %s', d.current_attendees, d.enrolled),
    '{}'
from seat_drift as d
union all
select
    s.id,
    'waiting_count',
    format('the counter says %s, %s wait', s.waiting_count, coalesce(w.waiting, 0)),
    '{}'
from workshop_sessions as s
left join (
    select e.session_id, count(*) as waiting
    from waitlist_entries as e
    where e.status = 'waiting'
    group by e.session_id
) as w on s.id = w.session_id
where s.waiting_count <> coalesce(w.waiting, 0)
union all
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
    d.session_id,
    'double_enrollment',
    'two active enrollments of one student',
    array[d.first_id, d.second_id]
from double_enrollments() as d
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
select
    e.session_id,
    'paid_without_seat',
    format('order %s is paid, its enrollment is %s', o.order_number, e.status),
    array[e.id]
from orders as o
inner join enrollments as e on o.id = e.order_id
where o.status = 'paid'
    and (e.status = 'pending' or e.status = 'cancelled' and e.expires_at is not null)
union all
select
    null::uuid,
    'person_without_session',
    'enrolled, and nowhere to go',
    array[e.id]
from enrollments as e
where e.status = 'successful' and e.session_id is null
union all
select
    s.id,
    'status_against_counter',
    format('it is %s with %s attendees', s.status, s.current_attendees),
    '{}'
from workshop_sessions as s
where s.status in ('upcoming', 'active', 'full')
    and s.status <> case
        when s.max_attendees > 0 and s.current_attendees >= s.max_attendees then 'full'
        when s.current_attendees > 0 then 'active'
        else 'upcoming'
    end
union all
select
    null::uuid,
    'paid_less_than_due',
    format('order %s is paid, %s is due and %s came in', o.order_number, b.due, m.amount),
    array[o.id]
from orders as o
inner join (
    select x.order_id, sum(x.due) as due
    from order_balance as x
    group by x.order_id
) as b on o.id = b.order_id
cross join lateral (
    -- Without what was given back: a person decided that, and order_balance shows what is due again. Nor is it amiss
    -- that a booking was moved or got more seats since.
    select
        (
            select coalesce(sum(y.amount), 0)
            from payments as y
            where y.order_id = o.id and y.kind = 'payment'
        ) + (
            select coalesce(sum(greatest(c.to_price - c.from_price, 0)), 0)
            from booking_changes as c
            inner join enrollments as e on c.enrollment_id = e.id
            where e.order_id = o.id
        ) as amount
) as m
where o.status = 'paid' and m.amount < b.due
union all
select
    w.session_id,
    'offer_without_hold',
    format('%s seats are offered, the counter says %s', w.seats, s.current_attendees),
    '{}'
from (
    select x.session_id, sum(x.seats) as seats
    from waitlist_entries as x
    where x.status = 'offered'
    group by x.session_id
) as w
inner join workshop_sessions as s on w.session_id = s.id
where s.current_attendees < w.seats;

comment on view seat_audit is
'Every promise about seats and their money that is broken, one row each; no rows: all is well.';
comment on column seat_audit.session_id is 'Key of the session; null if there is none, and for an order.';
comment on column seat_audit.problem is
'overbooked (more attendees than seats), drift (counter and enrollments disagree), waiting_count (so do that counter and
the waiting list), orphan_hold (seats held that nobody can pay for), double_enrollment (the same student twice),
offer_revived (an offer that was used or ran out is open again), paid_without_seat (paid, but not enrolled),
person_without_session (enrolled in none), status_against_counter (upcoming, active or full, and the counter says
otherwise), paid_less_than_due (an order said to be paid by hand), offer_without_hold (offered, and not counted).';
comment on column seat_audit.detail is 'What was found, in words.';
comment on column seat_audit.ids is
'Keys of the enrollments, waitlist_entries or orders at fault; empty: the session itself.';

revoke all on table seat_audit from public;
grant select on table seat_audit to sessionbook_app, sessionbook_reader;
