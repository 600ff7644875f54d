-- requires: functions/is_on_sale, functions/session_holds, functions/session_state, functions/lifecycle.now
-- Seats and status are those of session_availability, in the words of a shop. The clock is read as there. Keys, start
-- and the status that is not completed are the table's own: so its indexes give the pages in their order.
create or replace view store_sessions
with (security_invoker = true)
as
select
    s.id as session_id,
    s.workshop_id,
    s.run_id,
    w.creator_id,
    c.username as creator_username,
    w.title,
    w.title_ar,
    w.description,
    w.description_ar,
    case when w.is_free then 0 else w.price end as price,
    w.currency,
    r.run_name,
    r.run_name_ar,
    s.location,
    s.location_ar,
    s.session_date,
    s.last_date,
    s.session_dates,
    s.total_days,
    s.start_time,
    s.end_time,
    s.timezone,
    s.starts_at,
    s.ends_at,
    x.status::varchar as status,
    lifecycle.status_in_arabic('workshop.session', x.status) as status_ar,
    x.available_seats as seats_left,
    x.availability <> 'closed' and (x.available_seats > 0 or x.available_seats is null) as is_bookable,
    b.badge,
    case b.badge
        when 'cancelled' then 'ملغاة'
        when 'waiting_list' then 'قائمة انتظار'
        when 'full' then 'مكتملة العدد'
        when 'few_left' then 'مقاعد قليلة'
    end as badge_ar,
    least(s.booking_closes_at, s.starts_at) as bookable_until
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
cross join lateral (
    select
        case
            when x.status = 'cancelled' then 'cancelled'
            when x.availability = 'closed' then null
            when s.waiting_count > 0 then 'waiting_list'
            when x.available_seats = 0 then 'full'
            when x.available_seats <= 3 then 'few_left'
        end as badge
) as b
where is_on_sale(w.is_active, w.status, c.is_active) and s.status <> 'completed' and s.over_at > t.now;

comment on view store_sessions is
'The sessions that a shop shows: on sale and not over, with seats left and a badge as of lifecycle.now(). Give a
creator_id or workshop_id, or neither for all shops; page by starts_at and session_id.';
comment on column store_sessions.session_id is 'Key of the session.';
comment on column store_sessions.workshop_id is 'Workshop that the session is of.';
comment on column store_sessions.run_id is 'Run that the session belongs to; null: none.';
comment on column store_sessions.creator_id is 'Who sells.';
comment on column store_sessions.creator_username is 'Handle of the creator.';
comment on column store_sessions.title is 'Title of the workshop.';
comment on column store_sessions.title_ar is 'The title in Arabic; null: not translated.';
comment on column store_sessions.description is 'What the workshop is about; null: not given.';
comment on column store_sessions.description_ar is 'The description in Arabic; null: not translated.';
comment on column store_sessions.price is 'Price of one seat, 0 if it is free, in units of currency.';
comment on column store_sessions.currency is 'ISO 4217 code of the price.';
comment on column store_sessions.run_name is 'Name of the run; null: none.';
comment on column store_sessions.run_name_ar is 'Name of the run in Arabic; null: not translated.';
comment on column store_sessions.location is 'Where it takes place; null: not given.';
comment on column store_sessions.location_ar is 'The place in Arabic; null: not translated.';
comment on column store_sessions.session_date is 'First local day.';
comment on column store_sessions.last_date is 'Last local day.';
comment on column store_sessions.session_dates is 'Days of a spread session, an array of dates; else null.';
comment on column store_sessions.total_days is 'Days that the workshop has in all.';
comment on column store_sessions.start_time is 'Local start on the first day.';
comment on column store_sessions.end_time is 'Local end on the last day; null: by duration.';
comment on column store_sessions.timezone is 'IANA time zone of dates and times.';
comment on column store_sessions.starts_at is 'Instant of the start.';
comment on column store_sessions.ends_at is 'Instant of the end.';
comment on column store_sessions.status is 'upcoming, active, full or cancelled.';
comment on column store_sessions.status_ar is 'The status in Arabic.';
comment on column store_sessions.seats_left is 'Seats left; null: unlimited; 0 while people wait.';
comment on column store_sessions.is_bookable is 'True: at least one seat can be booked now.';
comment on column store_sessions.badge is
'full; waiting_list (people are waiting, and get seats first); few_left (three seats or fewer); cancelled; null: nothing
to show.';
comment on column store_sessions.badge_ar is 'The badge in Arabic; null: nothing to show.';
comment on column store_sessions.bookable_until is 'Instant at which booking closes.';

revoke all on table store_sessions from public;
grant select on table store_sessions to sessionbook_app, sessionbook_reader;
