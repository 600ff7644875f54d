-- requires: functions/lifecycle.shown
-- One period of the rule after the other: its days, those that the rule names, those at the places that it names.
create or replace function _occurrence_dates(
    p_rule jsonb,
    p_base date,
    p_until date
)
returns setof date
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_days constant text[] := array['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
    v_frequency constant text := p_rule ->> 'frequency';
    v_step constant integer := (p_rule ->> 'interval')::integer;
    v_count constant integer := (p_rule ->> 'count')::integer;
    v_last constant date := least((p_rule ->> 'until')::date, p_until);
    v_limit constant date := p_base + interval '100 years';
    v_weekdays integer[];
    v_places integer[];
    v_bymonthday integer[];
    v_bymonth integer[];
    v_bysetpos integer[];
    v_excluded date[];
    v_week date;
    v_from date;
    v_to date;
    v_candidates date[];
    v_date date;
    v_seen integer := 1;
begin
    if v_count is null and v_last is null then
        raise exception using
            errcode = 'PT400',
            constraint = 'recurrence_unbounded',
            message = 'recurring_pattern has no end',
            detail = e'key: recurrence_unbounded\n'
                || format('It is %s, and p_until is null.', lifecycle.shown(p_rule::text)),
            hint = 'Give count or until in the pattern, or p_until.';
    end if;
    select
        coalesce(array_agg(array_position(v_days, right(d.day, 2)) order by d.place), '{}'),
        coalesce(array_agg(coalesce(nullif(left(d.day, -2), '')::integer, 0) order by d.place), '{}')
    into v_weekdays, v_places
    from jsonb_array_elements_text(p_rule -> 'byday') with ordinality as d (day, place);
    v_bymonthday := array(select d.day::integer from jsonb_array_elements_text(p_rule -> 'bymonthday') as d (day));
    v_bymonth := array(select d.month::integer from jsonb_array_elements_text(p_rule -> 'bymonth') as d (month));
    v_bysetpos := array(select d.place::integer from jsonb_array_elements_text(p_rule -> 'bysetpos') as d (place));
    v_excluded := array(select d.day::date from jsonb_array_elements_text(p_rule -> 'exdates') as d (day));
    v_week := p_base - (
        extract(isodow from p_base)::integer - array_position(v_days, p_rule ->> 'wkst') + 7
    ) % 7;
    for v_k in 0 .. 100000 loop
        v_from := case v_frequency
            when 'daily' then p_base + v_k * v_step
            when 'weekly' then v_week + 7 * v_k * v_step
            when 'monthly' then date_trunc('month', p_base::timestamp) + make_interval(months => v_k * v_step)
            else date_trunc('year', p_base::timestamp) + make_interval(years => v_k * v_step)
        end;
        if v_from > v_last then
            return;
        end if;
        if v_from > v_limit or v_seen > 1000 then
            raise exception using
                errcode = 'PT400',
                constraint = 'recurrence_too_long',
                message = 'recurring_pattern gives more than 1000 dates, or does not end within 100 years',
                detail = e'key: recurrence_too_long\n' || format('It is %s.', lifecycle.shown(p_rule::text)),
                hint = 'Pass p_until, and continue from there later: dates that were made are not made again.';
        end if;
        v_to := case v_frequency
            when 'daily' then v_from + 1
            when 'weekly' then v_from + 7
            when 'monthly' then v_from + interval '1 month'
            else v_from + interval '1 year'
        end;
        v_candidates := array(
            select c.day
            from (
                select
                    d.day,
                    row_number() over (order by d.day) as place,
                    count(*) over () as days
                from (
                    select
                        x.day,
                        extract(isodow from x.day)::integer as weekday,
                        extract(day from x.day)::integer as monthday,
                        extract(
                            day from date_trunc('month', x.day::timestamp) + interval '1 month' - interval '1 day'
                        )::integer as month_days,
                        -- A number in byday counts within the month, or the year if the rule names no month.
                        v_frequency = 'yearly' and v_bymonth = '{}' as is_of_year
                    from (select v_from + g.n as day from generate_series(0, v_to - v_from - 1) as g (n)) as x
                    where v_bymonth = '{}' or extract(month from x.day)::integer = any(v_bymonth)
                ) as d
                cross join lateral (
                    select
                        case when d.is_of_year then d.day - v_from else d.monthday - 1 end as before,
                        case when d.is_of_year then v_to - d.day - 1 else d.month_days - d.monthday end as after
                ) as s
                where (
                    v_bymonthday = '{}'
                    or d.monthday = any(v_bymonthday)
                    or d.monthday - d.month_days - 1 = any(v_bymonthday)
                )
                and (
                    v_weekdays = '{}'
                    or exists (
                        select
                        from unnest(v_weekdays, v_places) as w (weekday, place)
                        where w.weekday = d.weekday
                            and (w.place = 0 or w.place = s.before / 7 + 1 or w.place = - (s.after / 7 + 1))
                    )
                )
            ) as c
            where v_bysetpos = '{}'
                or c.place = any(v_bysetpos)
                or c.place - c.days - 1 = any(v_bysetpos)
            order by c.day
        );
        foreach v_date in array v_candidates loop
            if v_seen >= v_count or v_date > v_last then
                return;
            end if;
            if v_date > p_base then
                v_seen := v_seen + 1;
                exit when v_seen > 1000;
                if v_date <> all(v_excluded) then
                    return next v_date;
                end if;
            end if;
        end loop;
    end loop;
end
$function$;

comment on function _occurrence_dates(jsonb, date, date) is
'Dates that a rule gives after its first one. p_rule: as _read_pattern() returns it; p_base: first date, which counts as
one of the rule''s; p_until: last date wanted, null for no other limit than the rule''s. Returns dates in order. Raises
PT400 recurrence_unbounded, PT400 recurrence_too_long.';

revoke all on function _occurrence_dates(jsonb, date, date) from public;
