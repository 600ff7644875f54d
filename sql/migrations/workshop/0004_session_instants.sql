-- Sessions know the instants at which they start, end and are over.
-- depends: 0003_fix_run_id_foreign_keys
--
-- Why:      local dates and times cannot be compared across zones; what the clock and the views compare is stored.
-- Locks:    access exclusive on workshop_sessions for the length of a rewrite of the whole table; share row exclusive
--           on workshop_runs.
-- Data:     a missing zone becomes the server's. A zone that this server does not know stops the
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
            detail = e'key: unknown_timezone\n' || 'The names are not in this server''s IANA time zone database.',
            hint = 'Correct these rows, for example to Europe/Berlin, and apply again.';
    end if;
end
$check$;

update workshop_sessions as s set timezone = current_setting('TimeZone') where s.timezone is null;

-- Computed columns first, plain ones after: one rewrite fills them, and from then on a trigger derives them, because
-- PostgreSQL would compute generated columns anew for every seat taken (bench/RESULTS.md).
alter table workshop_sessions
alter column timezone set not null,
add constraint workshop_sessions_end_date_check check (end_date >= session_date),
add constraint workshop_sessions_duration_check check (duration > 0),
add constraint workshop_sessions_max_attendees_check check (max_attendees >= 0),
add constraint workshop_sessions_current_attendees_check check (current_attendees >= 0),
add column last_date date not null
generated always as (greatest(session_date, end_date)) stored,
add column starts_at timestamptz not null
generated always as ((session_date + start_time) at time zone timezone) stored,
add column ends_at timestamptz not null
generated always as (
    case
        when end_time is not null
            then (
                greatest(session_date, end_date)
                + case when coalesce(end_date, session_date) = session_date and end_time <= start_time then 1 else 0 end
                + end_time
            ) at time zone timezone
        when duration is not null
            then (
                ((greatest(session_date, end_date) + start_time) at time zone timezone) at time zone 'UTC'
                + duration::double precision * interval '1 hour'
            ) at time zone 'UTC'
        else (greatest(session_date, end_date) + 1)::timestamp at time zone timezone
    end
) stored;

alter table workshop_sessions
alter column last_date drop expression,
alter column starts_at drop expression,
alter column ends_at drop expression,
add column over_at timestamptz,
-- Counters are updated all the time: free space on the page allows HOT updates, which do not touch the indexes. And
-- waiting for changes of a fifth of a large table, the default, would be too long before a vacuum.
set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02);

update workshop_sessions as s
set last_date = d.last_date,
    ends_at = case
        when s.end_time is not null then (d.last_date + s.end_time) at time zone s.timezone
        when s.duration is not null
            then (
                ((d.last_date + s.start_time) at time zone s.timezone) at time zone 'UTC'
                + s.duration::double precision * interval '1 hour'
            ) at time zone 'UTC'
        else (d.last_date + 1)::timestamp at time zone s.timezone
    end
from (
    select x.id, max(e.day::date) as last_date
    from workshop_sessions as x
    cross join lateral jsonb_array_elements_text(x.session_dates) as e (day)
    where jsonb_typeof(x.session_dates) = 'array'
    group by x.id
) as d
where d.id = s.id and d.last_date > s.last_date;

update workshop_sessions as s
set over_at = (((s.ends_at at time zone s.timezone) - interval '1 microsecond')::date + 1)::timestamp
    at time zone s.timezone;

alter table workshop_sessions alter column over_at set not null;
comment on column workshop_sessions.last_date is 'Last local day; follows the days entered.';
comment on column workshop_sessions.starts_at is 'Instant of the start; follows date, time and zone.';
comment on column workshop_sessions.ends_at is 'Instant of the end; follows dates, times, duration and zone.';
comment on column workshop_sessions.over_at is
'Midnight after the day on which it ends, when the clock completes it; follows dates, times, duration and zone.';

create index workshop_sessions_over_at_idx on workshop_sessions (over_at, id)
where status in ('upcoming', 'active', 'full');

with totals as (
    select
        s.run_id,
        min(s.session_date) as start_date,
        max(s.last_date) as end_date,
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
