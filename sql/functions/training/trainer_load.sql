-- requires: functions/lifecycle.is_timezone, functions/lifecycle.now, functions/lifecycle.shown
-- security: the same for every caller; it names a day and a zone, and only reads.
create or replace function trainer_load(
    p_week date default null,
    p_timezone text default 'UTC'
)
returns table (
    trainer_id text,
    first_name text,
    last_name text,
    sessions bigint,
    minutes bigint,
    hours numeric,
    iso_year integer,
    iso_week integer,
    label text,
    label_ar text
)
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_monday date;
    v_from timestamptz;
    v_until timestamptz;
begin
    if p_timezone is null or not lifecycle.is_timezone(p_timezone) then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_timezone',
            message = format('unknown time zone %s', lifecycle.shown(p_timezone)),
            detail = e'key: unknown_timezone\n' || 'It is not in this server''s IANA time zone database.',
            hint = 'Use a name from pg_timezone_names, such as Europe/Berlin.';
    end if;
    if p_week not between date '0001-01-01' and date '9999-12-31' then
        raise exception using
            errcode = 'PT400',
            constraint = 'week_out_of_range',
            message = format('p_week is %s, it must be from year 1 to 9999', p_week),
            detail = e'key: week_out_of_range\n' || 'The year must be from 1 to 9999.',
            hint = 'Give any day of the week, such as 2027-01-04.';
    end if;
    v_monday := date_trunc('week', coalesce(p_week, (lifecycle.now() at time zone p_timezone)::date)::timestamp);
    v_from := v_monday::timestamp at time zone p_timezone;
    v_until := (v_monday + 7)::timestamp at time zone p_timezone;
    return query
    select
        t.id,
        t.first_name,
        t.last_name,
        coalesce(b.booked, 0),
        coalesce(round(b.minutes), 0)::bigint,
        h.hours,
        extract(isoyear from v_monday)::integer,
        extract(week from v_monday)::integer,
        format('%s %s (%sh booked this week)', t.first_name, t.last_name, h.hours),
        format('%s %s (محجوز %s س هذا الأسبوع)', t.first_name, t.last_name, h.hours)
    from trainers as t
    left join (
        select s.trainer_id as id, count(*) as booked, sum(extract(epoch from s.end_time - s.start_time)) / 60 as minutes
        from sessions as s
        where s.start_time >= v_from
            and s.start_time < v_until
            and s.status = 'SCHEDULED'
            and s.deleted_at is null
        group by s.trainer_id
    ) as b on t.id = b.id
    cross join lateral (select trim_scale(round(coalesce(b.minutes, 0) / 60, 2)) as hours) as h
    where t.deleted_at is null
    order by t.last_name, t.first_name, t.id;
end
$function$;

comment on function trainer_load(date, text) is
'How much trainers are booked in an ISO week, which begins on Monday at 00:00 local time. For information only. p_week:
any local day of the week (default: today, by lifecycle.now()); p_timezone: IANA zone (default UTC). Returns a row for
every trainer that is not soft-deleted, by name: scheduled sessions that start in the week, their minutes and hours in
full, the week, a label such as John Smith (12h booked this week), and label_ar, the same in Arabic. Raises PT400
unknown_timezone, week_out_of_range.';

revoke all on function trainer_load(date, text) from public;
grant execute on function trainer_load(date, text) to sessionbook_app;
