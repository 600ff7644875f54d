-- Workshops: a marketplace
-- Three creators, twelve workshops, twenty sessions: over, running and to come.

-- step: Workshops with available sessions
select distinct w.name, w.price, w.currency,
    count(distinct s.id) as available_sessions, w.title_ar
from workshops w join workshop_sessions s on w.id = s.workshop_id
where w.is_active = true and s.status not in ('full', 'cancelled', 'completed')
    and s.session_date >= current_date
group by w.id order by w.name;

-- step: Repeat a workshop: one call copies its run to new dates
select * from clone_workshop_sessions(
    '20000000-0000-4000-8000-000000000001', current_date + 14, 'Second Batch');

-- step: Its sessions, the old and the new: one view knows the seats and the status as of now
select session_date, start_time, end_time, available_seats, calculated_status, run_name
from session_availability
where workshop_id = '20000000-0000-4000-8000-000000000001' and calculated_status != 'full'
order by session_date;

-- step: What comes next, in any zone: 19:00 in New York stays 19:00 in New York
select workshop_name, session_date, start_time, timezone, starts_at,
    coalesce(available_seats::text, 'unlimited') as seats
from session_availability
where starts_at > now() and calculated_status != 'full'
order by starts_at limit 5;

-- step: A session fills up seat by seat: upcoming, active, full
-- times: 3
update workshop_sessions set current_attendees = current_attendees + 1
where id = '30000000-0000-4000-8000-000000000004'
returning current_attendees, max_attendees, status, status_ar;

-- step: The next seat is refused, no matter who asks
-- refused: PT409 session_full
update workshop_sessions set current_attendees = current_attendees + 1
where id = '30000000-0000-4000-8000-000000000004';

-- step: Enrollments say who sits there: their count by session
insert into enrollments (workshop_id, session_id, student_name, status)
select workshop_id, id, unnest(array['Dana', 'Omar', 'ريم']), 'successful'
from workshop_sessions where id = '30000000-0000-4000-8000-000000000004';

select w.name, ws.session_date, ws.current_attendees, ws.status, count(e.id) as enrollment_count
from workshop_sessions ws
join workshops w on w.id = ws.workshop_id left join enrollments e on ws.id = e.session_id
where w.name in ('Glazing Day', 'Naskh Calligraphy')
group by ws.id, w.name order by ws.session_date;

-- step: An order asks for the next free session; one without a run gets its workshop's default run
select session_date, start_time, max_attendees - current_attendees as seats_left, run_id
from get_next_available_session('20000000-0000-4000-8000-000000000008');

-- step: The clock ticks: what is over by now is completed
call lifecycle.run_tick();

select w.name, s.session_date, c.from_status, c.to_status, c.cause, s.status_ar
from status_changes c
join workshop_sessions s on s.id::text = c.subject_id join workshops w on w.id = s.workshop_id
where c.cause = 'clock' and c.changed_at > now() - interval '1 minute';

-- step: And in two days? Move the clock, let it tick, take it all back
begin;
select set_config('lifecycle.fake_now', (now() + interval '2 days')::text, true);
select * from lifecycle.tick() where moved > 0;
rollback;

-- step: An hour ago: twenty order at the same moment, and three seats are left
-- at once: 20
select demo.ago('60 minutes');
select status from create_order(
    '10000000-0000-4000-8000-000000000002',
    'Customer ' || pg_backend_pid(), '+965 ' || pg_backend_pid(),
    '[{"workshop_id": "20000000-0000-4000-8000-000000000005"}]',
    p_hold => '30 minutes');

-- step: Two who came too late wait in line, and nobody who just comes by may pass them
select demo.ago('59 minutes');
select w.student_name, w.status, w.joined_at
from unnest(array['Salma', 'Jaber']) with ordinality as p (name, place),
    join_waitlist('30000000-0000-4000-8000-000000000009', p.name, null, '+965 5000' || p.place) as w
order by p.place;

-- step: One of the three pays in time
select demo.ago('50 minutes');
select o.order_number, o.status, o.total_amount, o.currency
from orders p, set_order_status(p.id, 'paid') as o where p.order_number = '000001';

-- step: Back to the present: the two other holds ran out, so their seats are offered to those who wait
reset lifecycle.fake_now;
call lifecycle.run_tick();
select student_name, status, offered_at, offer_expires_at from waitlist_entries order by joined_at;

-- step: Money that comes now comes late: the seat is promised to somebody else
-- refused: PT409 session_full
select o.order_number, o.status, o.total_amount, o.currency
from orders p, set_order_status(p.id, 'paid') as o where p.order_number = '000002';

-- step: Salma accepts her offer, and clicks twice: it is one order, with the seat held
-- times: 2
select e.id as enrollment_id, e.student_name, e.status, e.total_price
from waitlist_entries w, accept_offer(w.id) as e where w.student_name = 'Salma';

-- step: She pays, and the seat is hers
select o.order_number, o.status, o.total_amount, o.currency
from orders p, record_payment(p.id, p.total_amount, 'knet') as o where p.order_number = '000004';

-- step: Jaber has changed his mind, so the late payment finds a seat after all
select l.status from waitlist_entries w, leave_waitlist(w.id) as l where w.student_name = 'Jaber';
select o.order_number, o.status, o.total_amount, o.currency
from orders p, set_order_status(p.id, 'paid') as o where p.order_number = '000002';

-- step: Nothing was sold twice: one view has every promise about seats that is broken
select s.max_attendees as seats, s.current_attendees as attendees, s.status,
    (select sum(e.seats) from enrollments e
        where e.session_id = s.id and e.status = 'successful') as enrolled,
    (select count(*) from seat_audit) as broken_promises
from workshop_sessions s where s.id = '30000000-0000-4000-8000-000000000009';

-- step: Every run at a glance
select workshop_name, run_name, total_sessions as sessions,
    total_enrolled || ' of ' || coalesce(total_capacity::text, '∞') as seats,
    status, next_session_at
from workshop_run_summary order by start_date;

-- step: Every move of a status is kept: when, what, why and by whom
select c.changed_at, w.name, s.session_date, c.from_status, c.to_status, c.cause, c.changed_by
from status_changes c
join workshop_sessions s on s.id::text = c.subject_id join workshops w on w.id = s.workshop_id
order by c.changed_at desc, c.id desc limit 8;
