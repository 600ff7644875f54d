-- Sessions know the instants at which they start, end and are over.
-- depends: 0003_fix_run_id_foreign_keys
--
-- Why:      local dates and times cannot be compared across zones; what the clock and the views compare is stored.
-- Locks:    access exclusive on workshop_sessions for the length of a rewrite of the whole table; share row exclusive
--           on workshop_runs.
-- Data:     a missing zone becomes Asia/Kuwait, the column's default. A zone that this server does not know stops the
--           migration and is named, with everything as it was. Statuses and dates of runs are brought in line with
--           their sessions once.
-- Rollback: 0004_session_instants.rollback.sql drops the derived columns; nothing entered by people is lost.
do $check$
declare
    v_unknown constant text := (
        select string_agg(format('%s (%s sessions)', quote_literal(s.timezone), s.sessions), ', ' order by s.timezone)
        from (
            select s.timezone, count(*) as sessions
            from workshop_sessions as s
            where s.timezone is not null
                and s.timezone not in (select z.name from pg_catalog.pg_timezone_names as z)
            group by s.timezone
        ) as s
    );
begin
    if v_unknown is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_timezone',
            message = format('unknown time zones in workshop_sessions.timezone: %s', v_unknown),
            detail = 'The names are not in this server''s IANA time zone database.',
            hint = 'Correct these rows, for example to Asia/Kuwait, and apply again.';
    end if;
end
$check$;

update workshop_sessions as s set timezone = 'Asia/Kuwait' where s.timezone is null;

create function session_last_date(p_session_date date, p_end_date date, p_session_dates jsonb)
returns date
language sql
immutable
security invoker
parallel safe
begin atomic
    -- ISO dates read alike under every DateStyle, so that the cast from text is immutable here.
    select greatest(
        p_session_date,
        p_end_date,
        (
            select max(d.day::date)
            from jsonb_array_elements_text(
                case when jsonb_typeof(p_session_dates) = 'array' then p_session_dates else '[]' end
            ) as d (day)
            where d.day ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
        )
    );
end;
comment on function session_last_date(date, date, jsonb) is
'Last local day of a session. p_session_date: first day; p_end_date: last day or null; p_session_dates: array of ISO
dates or null. Returns the latest of them. Raises nothing of its own; a date such as 2026-02-30 is 22008.';

create function session_end(
    p_session_date date,
    p_last_date date,
    p_start_time time,
    p_end_time time,
    p_duration numeric,
    p_timezone text
)
returns timestamptz
language sql
immutable
security invoker
parallel safe
begin atomic
    -- Hours are added on the UTC line: on a local clock a session over a change of time would gain or lose an hour.
    select case
        when p_end_time is not null
            then (
                p_last_date
                + case when p_last_date = p_session_date and p_end_time <= p_start_time then 1 else 0 end
                + p_end_time
            ) at time zone p_timezone
        when p_duration is not null
            then (
                ((p_last_date + p_start_time) at time zone p_timezone) at time zone 'UTC'
                + p_duration::double precision * interval '1 hour'
            ) at time zone 'UTC'
        else (p_last_date + 1)::timestamp at time zone p_timezone
    end;
end;
comment on function session_end(date, date, time, time, numeric, text) is
'Instant at which a session ends. p_session_date: first local day; p_last_date: last local day; p_start_time,
p_end_time: local times, p_end_time may be null; p_duration: hours, used without p_end_time, may be null;
p_timezone: IANA zone. An end at or before the start of a single day is on the next day; with neither end nor duration
it is the end of the last day. Returns timestamptz. Raises nothing of its own; an unknown zone is 22023.';

create function end_of_local_day(p_instant timestamptz, p_timezone text)
returns timestamptz
language sql
immutable
security invoker
parallel safe
begin atomic
    select (((p_instant at time zone p_timezone) - interval '1 microsecond')::date + 1)::timestamp
        at time zone p_timezone;
end;
comment on function end_of_local_day(timestamptz, text) is
'Midnight that ends the local day of an instant; an instant at midnight belongs to the day before. p_instant: the
instant; p_timezone: IANA zone. Returns timestamptz. Raises nothing of its own; an unknown zone is 22023.';

revoke all on function session_last_date(date, date, jsonb) from public;
revoke all on function session_end(date, date, time, time, numeric, text) from public;
revoke all on function end_of_local_day(timestamptz, text) from public;

alter table workshop_sessions
alter column timezone set not null,
add constraint workshop_sessions_end_date_check check (end_date >= session_date),
add constraint workshop_sessions_duration_check check (duration > 0),
add constraint workshop_sessions_max_attendees_check check (max_attendees >= 0),
add constraint workshop_sessions_current_attendees_check check (current_attendees >= 0),
add constraint workshop_sessions_session_dates_check
check (
    session_dates is null
    or jsonb_typeof(session_dates) = 'array'
    and not jsonb_path_exists(
        session_dates,
        '$[*] ? (@.type() != "string" || !(@ like_regex "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))'
    )
),
add column starts_at timestamptz not null
generated always as ((session_date + start_time) at time zone timezone) stored,
add column ends_at timestamptz not null
generated always as (
    session_end(
        session_date,
        case
            when session_dates is null then coalesce(end_date, session_date)
            else session_last_date(session_date, end_date, session_dates)
        end,
        start_time,
        end_time,
        duration,
        timezone
    )
) stored,
add column over_at timestamptz not null
generated always as (
    end_of_local_day(
        session_end(
            session_date,
            case
                when session_dates is null then coalesce(end_date, session_date)
                else session_last_date(session_date, end_date, session_dates)
            end,
            start_time,
            end_time,
            duration,
            timezone
        ),
        timezone
    )
) stored,
-- Counters are updated in place all day: room on the page keeps those updates away from the indexes.
set (fillfactor = 90);
comment on column workshop_sessions.starts_at is 'Instant of the start; follows date, time and zone.';
comment on column workshop_sessions.ends_at is 'Instant of the end; follows dates, times, duration and zone.';
comment on column workshop_sessions.over_at is
'Midnight, in the session''s zone, after the day on which it ends: then the clock completes it.';

create index workshop_sessions_over_at_idx on workshop_sessions (over_at, id)
where status in ('upcoming', 'active', 'full');

with totals as (
    select
        s.run_id,
        min(s.session_date) as start_date,
        max(session_last_date(s.session_date, s.end_date, s.session_dates)) as end_date,
        case
            when count(*) filter (where s.status <> 'cancelled') = 0 then 'cancelled'
            when count(*) filter (where s.status not in ('cancelled', 'completed')) = 0 then 'completed'
            when count(*) filter (where s.status in ('upcoming', 'active')) = 0 then 'full'
            when sum(s.current_attendees) filter (where s.status <> 'cancelled') > 0 then 'active'
            else 'upcoming'
        end as status
    from workshop_sessions as s
    where s.run_id is not null
    group by s.run_id
)
update workshop_runs as r
set status = t.status, start_date = t.start_date, end_date = t.end_date
from totals as t
where t.run_id = r.id
    and (r.status, r.start_date, r.end_date) is distinct from (t.status, t.start_date, t.end_date);
