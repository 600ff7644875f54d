-- requires: functions/double_enrollments, views/seat_drift
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
    f.id,
    'status',
    format('it is %s, %s of %s seats are taken', f.status, f.current_attendees, f.max_attendees),
    '{}'
from (
    select
        s.id,
        s.status,
        s.current_attendees,
        s.max_attendees,
        case
            when s.max_attendees > 0 and s.current_attendees >= s.max_attendees then 'full'
            when s.current_attendees > 0 then 'active'
            else 'upcoming'
        end as by_seats
    from workshop_sessions as s
    where s.status in ('upcoming', 'active', 'full')
) as f
where f.status <> f.by_seats
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
    and (e.status = 'pending' or e.status = 'cancelled' and e.expires_at is not null);

comment on view seat_audit is 'Every promise about seats that is broken, one row each; no rows: all is well.';
comment on column seat_audit.session_id is 'Key of the session; null where the enrollment has none.';
comment on column seat_audit.problem is
'overbooked (more attendees than seats), status (it does not follow the seats), drift (counter and enrollments
disagree),
waiting_count (so do that counter and the waiting list), orphan_hold (seats held that nobody can pay for),
double_enrollment (the same student twice), offer_revived (an offer that was used or ran out is open again),
paid_without_seat (paid, but not enrolled).';
comment on column seat_audit.detail is 'What was found, in words.';
comment on column seat_audit.ids is 'Keys of the enrollments or waitlist_entries at fault; empty: the session itself.';

revoke all on table seat_audit from public;
grant select on table seat_audit to sessionbook_app, sessionbook_reader;
