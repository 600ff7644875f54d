insert into creators (id, name, username, email)
values ('10000000-0000-4000-8000-000000000001', 'Noor', 'noor', 'noor@example.org');
insert into workshops (id, creator_id, name, title_ar, price, is_active)
values ('20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'Pottery', 'فخار', 40, true);
insert into workshop_runs (id, workshop_id, run_name, start_date, end_date)
values (
    '40000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', 'January', '2027-01-18', '2027-01-25'
);
insert into workshop_sessions (id, workshop_id, run_id, session_date, start_time, end_time, timezone, max_attendees)
values
    (
        '30000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001',
        '40000000-0000-4000-8000-000000000001', '2027-01-18', '18:00', '20:00', 'Europe/Berlin', 3
    ),
    (
        '30000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000001',
        '40000000-0000-4000-8000-000000000001', '2027-01-25', '18:00', '20:00', 'Europe/Berlin', 8
    );

select id, status, total_price
from enroll(
    '30000000-0000-4000-8000-000000000001', 'Sara', 'sara@example.org', p_idempotency_key => 'booking-1'
);

select id, order_number, total_amount, expires_at
from create_order(
    p_creator_id => '10000000-0000-4000-8000-000000000001',
    p_customer_name => 'Dana',
    p_customer_phone => '+49 30 1234567',
    p_items => '[{"workshop_id": "20000000-0000-4000-8000-000000000001",
                  "session_id": "30000000-0000-4000-8000-000000000001", "quantity": 2}]',
    p_idempotency_key => 'order-1'
);

select order_id, enrollment_id, title, session_date, status from my_bookings('+49 30 1234567');

select status, status_ar, session_date from track_order('000001', '+49 30 1234567');

select status from record_payment((select id from orders), 80, 'card', 'payment-1');

select id, status from join_waitlist('30000000-0000-4000-8000-000000000001', 'Lea', 'lea@example.org');

-- One seat fewer: it is offered to Lea, and 40 are to be given back.
select seats, total_price from change_seats((select enrollment_id from my_bookings('+49 30 1234567')), 1);

select order_id, total, paid, due, refundable from order_balance;

-- The offer becomes an order that is to be paid.
select status, order_id from accept_offer((select id from waitlist_entries), '+49 30 7654321');

select session_id, total_price
from transfer_enrollment(
    (select enrollment_id from my_bookings('+49 30 1234567')), '30000000-0000-4000-8000-000000000002'
);

select status from cancel_enrollment((select enrollment_id from my_bookings('+49 30 1234567')));

select status from record_refund((select order_id from my_bookings('+49 30 1234567')), 80, 'card', 'refund-1');

select session_id, seats, total_price
from enroll_run('40000000-0000-4000-8000-000000000001', 'Tom', 'tom@example.org');

select new_run_id, sessions_created
from clone_workshop_sessions('20000000-0000-4000-8000-000000000001', '2027-02-15', 'February');

select session_id, session_date, available_seats
from list_available_sessions('20000000-0000-4000-8000-000000000001', p_limit => 10);

-- now: 2027-01-18 17:30+00
select student_name, completion_status
from mark_attendance(
    '30000000-0000-4000-8000-000000000001',
    jsonb_build_array(
        jsonb_build_object(
            'enrollment_id', (select id from enrollments where student_name = 'Sara'), 'status', 'attended'
        )
    )
);

-- Returns the people to inform.
select student_name, student_email from reschedule_session('30000000-0000-4000-8000-000000000002', '2027-01-26');

select student_name, student_email from cancel_session('30000000-0000-4000-8000-000000000002');

select position, kind, subject_id, payload from read_events(p_after => 0, p_limit => 100);

select calendar_feed('workshop', '20000000-0000-4000-8000-000000000001');
