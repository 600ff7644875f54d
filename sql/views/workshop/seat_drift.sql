create or replace view seat_drift
with (security_invoker = true)
as
select
    s.id as session_id,
    s.workshop_id,
    s.session_date,
    s.status,
    s.current_attendees,
    coalesce(t.seats, 0) as enrolled,
    s.current_attendees - coalesce(t.seats, 0) as drift
from workshop_sessions as s
left join (
    select x.session_id, sum(x.seats) as seats
    from (
        select e.session_id, e.seats
        from enrollments as e
        where e.status in ('successful', 'pending')
        union all
        select w.session_id, w.seats
        from waitlist_entries as w
        where w.status = 'offered'
    ) as x
    group by x.session_id
) as t on s.id = t.session_id
where s.current_attendees <> coalesce(t.seats, 0);

comment on view seat_drift is
'Sessions whose counter and enrollments disagree, for applications that write both by hand; recount_seats() mends one.';
comment on column seat_drift.session_id is 'Key of the session.';
comment on column seat_drift.workshop_id is 'Workshop that the session is of.';
comment on column seat_drift.session_date is 'First local day.';
comment on column seat_drift.status is 'Stored status of the session.';
comment on column seat_drift.current_attendees is 'Seats taken by the counter, the truth for capacity.';
comment on column seat_drift.enrolled is
'Seats of enrollments (successful and pending) and of offers to people who waited.';
comment on column seat_drift.drift is
'Counter less those: above 0, seats taken by nobody; below 0, people without a seat.';

revoke all on table seat_drift from public;
grant select on table seat_drift to sessionbook_app, sessionbook_reader;
