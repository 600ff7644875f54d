-- requires: views/session_availability
-- Seats and status are session_availability's: one view decides them, this one words them for a shop window.
create or replace view store_sessions
with (security_invoker = true)
as
select
    a.session_id,
    a.workshop_id,
    a.run_id,
    w.creator_id,
    a.creator_username,
    w.title,
    w.title_ar,
    w.description,
    w.description_ar,
    case when w.is_free then 0 else w.price end as price,
    w.currency,
    a.run_name,
    r.run_name_ar,
    s.location,
    s.location_ar,
    a.session_date,
    s.last_date,
    a.session_dates,
    a.total_days,
    a.start_time,
    a.end_time,
    a.timezone,
    a.starts_at,
    a.ends_at,
    a.calculated_status as status,
    lifecycle.status_in_arabic('workshop.session', a.calculated_status) as status_ar,
    a.available_seats as seats_left,
    a.availability <> 'closed' and (a.available_seats > 0 or a.available_seats is null) as is_bookable,
    b.badge,
    case b.badge
        when 'cancelled' then 'ملغاة'
        when 'waiting_list' then 'قائمة انتظار'
        when 'full' then 'مكتملة العدد'
        when 'few_left' then 'مقاعد قليلة'
    end as badge_ar,
    least(s.booking_closes_at, s.starts_at) as bookable_until
from session_availability as a
inner join workshop_sessions as s on a.session_id = s.id
inner join workshops as w on s.workshop_id = w.id
left join workshop_runs as r on s.run_id = r.id
cross join lateral (
    select
        case
            when a.calculated_status = 'cancelled' then 'cancelled'
            when a.availability = 'closed' then null
            when s.waiting_count > 0 then 'waiting_list'
            when a.available_seats = 0 then 'full'
            when a.available_seats <= 3 then 'few_left'
        end as badge
) as b
where a.calculated_status <> 'completed';

comment on view store_sessions is
'What a shop shows: sessions on sale that are not over, with seats left and a badge as of lifecycle.now(). Give a
creator_id or workshop_id; page by starts_at and session_id.';
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
'full; waiting_list (people wait, so nobody may book past them); few_left (three seats or fewer); cancelled; null:
nothing to show.';
comment on column store_sessions.badge_ar is 'The badge in Arabic; null: nothing to show.';
comment on column store_sessions.bookable_until is 'Instant at which booking closes.';

revoke all on table store_sessions from public;
grant select on table store_sessions to sessionbook_app, sessionbook_reader;
