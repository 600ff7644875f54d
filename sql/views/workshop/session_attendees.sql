-- requires: functions/lifecycle.now, functions/lifecycle.status_in_arabic
-- A hold that ran out does not count any more, even if the clock has not released it yet.
create or replace view session_attendees
with (security_invoker = true)
as
select
    e.id as enrollment_id,
    e.session_id,
    e.workshop_id,
    e.student_name,
    e.student_email,
    e.student_phone,
    e.seats,
    e.status,
    lifecycle.status_in_arabic('workshop.enrollment', e.status) as status_ar,
    e.status = 'pending' as is_held,
    case when e.status = 'pending' then e.expires_at end as held_until,
    coalesce(o.status = 'paid', false) as is_paid,
    e.total_price,
    w.currency,
    e.order_id,
    o.order_number,
    e.completion_status,
    lifecycle.status_in_arabic('workshop.completion', e.completion_status) as completion_status_ar,
    e.enrollment_date as enrolled_at
from enrollments as e
inner join workshops as w on e.workshop_id = w.id
left join orders as o on e.order_id = o.id
where e.status = 'successful'
    or e.status = 'pending' and coalesce(e.expires_at > (select lifecycle.now()), true);

comment on view session_attendees is
'Attendees of a session, and people whose seats are held, as of lifecycle.now(). Give a session_id; page by enrolled_at
and enrollment_id.';
comment on column session_attendees.enrollment_id is 'Key of the enrollment.';
comment on column session_attendees.session_id is 'Session that the seat is in; null: not decided.';
comment on column session_attendees.workshop_id is 'Workshop enrolled in.';
comment on column session_attendees.student_name is 'Name of the student.';
comment on column session_attendees.student_email is 'Address of the student; null: not given. Personal.';
comment on column session_attendees.student_phone is 'Phone number of the student; null: not given. Personal.';
comment on column session_attendees.seats is 'Seats taken.';
comment on column session_attendees.status is 'successful or pending.';
comment on column session_attendees.status_ar is 'The status in Arabic.';
comment on column session_attendees.is_held is 'True: held until it is paid or held_until has passed.';
comment on column session_attendees.held_until is 'Until when the seats are held; null: for good.';
comment on column session_attendees.is_paid is 'True: the order of the seats is paid.';
comment on column session_attendees.total_price is 'What the seats cost, in units of currency.';
comment on column session_attendees.currency is 'ISO 4217 code of the price.';
comment on column session_attendees.order_id is 'Order of the seats; null: none.';
comment on column session_attendees.order_number is 'Number of that order; null: none.';
comment on column session_attendees.completion_status is 'enrolled, in_progress, completed or dropped.';
comment on column session_attendees.completion_status_ar is 'The same in Arabic; null: not said.';
comment on column session_attendees.enrolled_at is 'When the student enrolled.';

revoke all on table session_attendees from public;
grant select on table session_attendees to sessionbook_app;
