-- requires: functions/audit_seats
create or replace view seat_audit
with (security_invoker = true)
as
select
    a.session_id,
    a.problem,
    a.detail,
    a.ids
from audit_seats(false) as a;

comment on view seat_audit is
'Every promise about seats and their money that is broken, of sessions that are not over and of their orders, one row
each; no rows: all is well. audit_seats(true) looks at what is over as well.';
comment on column seat_audit.session_id is 'Key of the session; null if there is none, and for an order.';
comment on column seat_audit.problem is
'overbooked (more attendees than seats), drift (counter and enrollments disagree), waiting_count (so do that counter and
the waiting list), orphan_hold (seats held that nobody can pay for), double_enrollment (the same student twice),
offer_revived (an offer that was used or ran out is open again), paid_without_seat (paid, but not enrolled),
seat_of_closed_order (enrolled, but the order was cancelled or refunded by hand),
person_without_session (enrolled in none), status_against_counter (upcoming, active or full, and the counter says
otherwise), paid_less_than_due (an order said to be paid by hand), offer_without_hold (offered, and not counted).';
comment on column seat_audit.detail is 'What was found, in words.';
comment on column seat_audit.ids is
'Keys of the enrollments, waitlist_entries or orders at fault; empty: the session itself.';

revoke all on table seat_audit from public;
grant select on table seat_audit to sessionbook_app, sessionbook_reader;
