-- requires: functions/is_on_sale, functions/session_holds, functions/session_state, functions/lifecycle.now
-- The clock is read once a query, not once a row: "limit 1" keeps it a row of its own. Scalar subqueries would keep
-- the functions from being inlined. If nothing is taken nothing is held, and no index is asked.
create or replace view session_availability
with (security_invoker = true)
as
select
    s.id as session_id,
    s.workshop_id,
    w.name as workshop_name,
    w.title_ar as workshop_name_ar,
    s.session_date,
    s.session_dates,
    s.total_days,
    s.start_time,
    s.end_time,
    s.timezone,
    s.starts_at,
    s.ends_at,
    s.max_attendees,
    s.current_attendees,
    x.available_seats,
    x.status::varchar as calculated_status,
    s.run_id,
    r.run_name,
    c.name as creator_name,
    c.username as creator_username,
    x.availability
from (select lifecycle.now() as now limit 1) as t -- noqa: AM09
cross join workshop_sessions as s
inner join workshops as w on s.workshop_id = w.id
inner join creators as c on w.creator_id = c.id
left join workshop_runs as r on s.run_id = r.id
cross join lateral session_holds(case when s.current_attendees > 0 then s.id end, t.now) as h
cross join lateral session_state(
    s.status, s.starts_at, s.over_at, s.booking_opens_at, s.booking_closes_at, s.max_attendees, s.current_attendees,
    s.waiting_count, h.held, h.expired, t.now
) as x
where is_on_sale(w.is_active, w.status, c.is_active);

comment on view session_availability is
'Sessions of workshops on sale (published and active, the shop open) with the seats left and the status as of
lifecycle.now(), which is correct between two ticks too.';
comment on column session_availability.session_id is 'Key of the session.';
comment on column session_availability.workshop_id is 'Workshop that the session is of.';
comment on column session_availability.workshop_name is 'Name of the workshop.';
comment on column session_availability.workshop_name_ar is 'Title of the workshop in Arabic; null: not translated.';
comment on column session_availability.session_date is 'First local day.';
comment on column session_availability.session_dates is 'Days of a spread session, an array of dates; else null.';
comment on column session_availability.total_days is 'Days that the workshop has in all.';
comment on column session_availability.start_time is 'Local start on the first day.';
comment on column session_availability.end_time is 'Local end on the last day; null: by duration.';
comment on column session_availability.timezone is 'IANA time zone of dates and times.';
comment on column session_availability.starts_at is 'Instant of the start.';
comment on column session_availability.ends_at is 'Instant of the end.';
comment on column session_availability.max_attendees is 'Seats; 0 or null: unlimited.';
comment on column session_availability.current_attendees is 'Seats taken, held and offered ones included.';
comment on column session_availability.available_seats is
'Seats left, including those whose hold ran out; null: unlimited; 0 for a session that is cancelled or over, and while
people wait.';
comment on column session_availability.calculated_status is
'upcoming, active, full, completed (its last day has passed in its own zone) or cancelled, as of lifecycle.now().';
comment on column session_availability.run_id is 'Run that the session belongs to; null: none.';
comment on column session_availability.run_name is 'Name of the run; null: none.';
comment on column session_availability.creator_name is 'Who gives the workshop.';
comment on column session_availability.creator_username is 'Handle of the creator.';
comment on column session_availability.availability is
'free; held (no seat left, but some are only held for an order or for the waiting list); sold_out; closed (cancelled,
over, started, or outside its booking window).';

revoke all on table session_availability from public;
grant select on table session_availability to sessionbook_app, sessionbook_reader;
