create or replace view seat_drift
with (security_invoker = true)
as
select
    s.id as session_id,
    s.workshop_id,
    s.session_date,
    s.status,
    s.current_attendees,
    t.seats as enrolled,
    s.current_attendees - t.seats as drift
from workshop_sessions as s
-- Session by session, so that a query for some sessions does not read all.
cross join lateral (
    select coalesce(sum(x.seats), 0) as seats
    from (
        select e.seats
        from enrollments as e
        where e.session_id = s.id and e.status in ('successful', 'pending')
        union all
        select w.seats
        from waitlist_entries as w
        where w.session_id = s.id and w.status = 'offered'
    ) as x
) as t
where s.current_attendees <> t.seats;

comment on view seat_drift is
'Sessions whose seat counter and enrollments disagree, for applications that write both themselves; recount_seats()
repairs one.';
comment on column seat_drift.session_id is 'Key of the session.';
comment on column seat_drift.workshop_id is 'Workshop that the session is of.';
comment on column seat_drift.session_date is 'First local day.';
comment on column seat_drift.status is 'Stored status of the session.';
comment on column seat_drift.current_attendees is 'Seats taken, by the counter that capacity is checked against.';
comment on column seat_drift.enrolled is
'Seats of enrollments (successful and pending) and of offers to people who waited.';
comment on column seat_drift.drift is
'Counter less enrolled. Above 0: seats taken without an enrollment; below 0: people without a seat.';

revoke all on table seat_drift from public;
grant select on table seat_drift to sessionbook_app, sessionbook_reader;
