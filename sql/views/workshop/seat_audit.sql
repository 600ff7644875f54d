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
'Contradictions about seats and their money, one row each, in sessions that are not over and in their orders; no rows:
all is well. audit_seats(true) also checks past sessions.';
comment on column seat_audit.session_id is 'Key of the session; null if there is none, and for an order.';
comment on column seat_audit.problem is
'overbooked (more attendees than seats), drift (counter and enrollments disagree), waiting_count (that counter and the
waiting list disagree), orphan_hold (seats held that nobody can pay for), double_enrollment (the same student twice),
offer_revived (an offer that was used or ran out is open again), paid_without_seat (paid, but not enrolled),
seat_of_closed_order (enrolled, but the order was cancelled or refunded by hand), person_without_session (enrolled in no
session), status_against_counter (upcoming, active or full does not match the counter), paid_less_than_due (an order set
to paid by hand), offer_without_hold (offered, and not counted).';
comment on column seat_audit.detail is 'What was found, in words.';
comment on column seat_audit.ids is
'Keys of the enrollments, waitlist_entries or orders at fault; empty: the session itself.';

revoke all on table seat_audit from public;
grant select on table seat_audit to sessionbook_app, sessionbook_reader;
