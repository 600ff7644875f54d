drop table broken_rules;
drop table settings;
drop table waitlist_entries;
drop table order_counters;
drop index orders_creator_id_idempotency_key_key;
alter table orders
drop column idempotency_key,
drop column expires_at;
drop index enrollments_expires_at_idx;
drop index enrollments_student_phone_idx;
drop index enrollments_student_email_idx;
drop index enrollments_workshop_id_idempotency_key_key;
create index enrollments_workshop_id_idx on enrollments (workshop_id);
alter table enrollments
reset (autovacuum_vacuum_scale_factor),
drop constraint enrollments_seats_check,
drop column idempotency_key,
drop column expires_at,
drop column seats;
comment on table enrollments is 'Enrollments of students in workshops; one row a seat.';
comment on column enrollments.total_price is 'What the seat cost, in the order''s currency.';
comment on column enrollments.status is 'successful, pending, rejected or cancelled; the first two take a seat.';
alter table workshop_sessions
drop constraint workshop_sessions_waiting_count_check,
drop constraint workshop_sessions_booking_window_check,
drop column waiting_count,
drop column cancel_until,
drop column booking_closes_at,
drop column booking_opens_at;
comment on column workshop_sessions.current_attendees is 'Seats taken; the truth for capacity.';
