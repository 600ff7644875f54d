-- One row type names the people to inform about a cancelled session.
-- depends: 0009_stale_runs
--
-- Why:      cancel_session() and cancel_run() return the same twelve columns.
-- Locks:    none on existing objects.
-- Data:     none.
-- Rollback: 0010_cancellation_notices.rollback.sql drops the type.
create type cancellation_notice as (
    session_id uuid,
    kind text,
    enrollment_id uuid,
    entry_id uuid,
    order_id uuid,
    order_number text,
    order_status text,
    student_name text,
    student_email text,
    student_phone text,
    seats integer,
    amount numeric
);
comment on type cancellation_notice is
'A person to inform that a session was cancelled, as cancel_session() and cancel_run() return it.';
comment on column cancellation_notice.session_id is 'Key of the session.';
comment on column cancellation_notice.kind is
'enrollment (somebody had seats) or waitlist (somebody waited, or had an offer).';
comment on column cancellation_notice.enrollment_id is 'Key of the enrollment; null for kind waitlist.';
comment on column cancellation_notice.entry_id is 'Key of the waitlist_entries row; null for kind enrollment.';
comment on column cancellation_notice.order_id is 'Key of the order; null: none.';
comment on column cancellation_notice.order_number is 'Number of the order; null: none.';
comment on column cancellation_notice.order_status is 'Status of the order, which stays as it is; null: no order.';
comment on column cancellation_notice.student_name is 'Name of the person to inform.';
comment on column cancellation_notice.student_email is 'Address; null: not given. Personal.';
comment on column cancellation_notice.student_phone is 'Phone number; null: not given. Personal.';
comment on column cancellation_notice.seats is 'Seats that they had, or waited for.';
comment on column cancellation_notice.amount is
'What the seats cost, in the workshop''s currency; null for kind waitlist.';
