-- requires: functions/lifecycle.shown
create or replace function _occurrence_dates(
    p_pattern jsonb,
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
    v_known constant text[] := array['frequency', 'interval', 'byday', 'count', 'until', 'exdates'];
    v_frequency text;
    v_step integer;
    v_by integer[];
    v_count integer;
    v_last date;
    v_excluded date[];
    v_problem text;
    v_seen integer := 1;
    v_date date;
    v_candidates date[];
begin
    begin
        v_problem := case
            when jsonb_typeof(p_pattern) is distinct from 'object'
                then format('it is %s', coalesce(jsonb_typeof(p_pattern), 'null'))
            else (
                select format('unknown: %s', string_agg(u.name, ', ' order by u.name))
                from (
                    select k.name
                    from jsonb_object_keys(p_pattern) as k (name)
                    where k.name <> all(v_known)
                    limit 10
                ) as u
                having count(*) > 0
            )
        end;
        if v_problem is null then
            v_problem := (
                select format('%s has %s elements, more than %s', l.name, jsonb_array_length(p_pattern -> l.name), l.most)
                from (values ('byday', 7), ('exdates', 1000)) as l (name, most)
                where jsonb_typeof(p_pattern -> l.name) = 'array' and jsonb_array_length(p_pattern -> l.name) > l.most
                limit 1
            );
            if v_problem is not null then
                raise exception using
                    errcode = 'PT400',
                    constraint = 'too_many',
                    message = format('recurring_pattern: %s', v_problem),
                    detail = e'key: too_many\n' || 'A pattern names 7 days of the week and 1000 dates left out at most.',
                    hint = 'Split the pattern in two, each with an end of its own.';
            end if;
            v_frequency := lower(p_pattern ->> 'frequency');
            v_step := coalesce((p_pattern ->> 'interval')::integer, 1);
            v_count := (p_pattern ->> 'count')::integer;
            v_last := least((p_pattern ->> 'until')::date, p_until);
            v_by := array(
                select array_position(v_days, upper(d.day))
                from jsonb_array_elements_text(coalesce(nullif(p_pattern -> 'byday', 'null'), '[]')) as d (day)
            );
            v_excluded := array(
                select d.day::date
                from jsonb_array_elements_text(coalesce(nullif(p_pattern -> 'exdates', 'null'), '[]')) as d (day)
            );
            v_problem := case
                when v_frequency is null or v_frequency not in ('daily', 'weekly', 'monthly')
                    then 'frequency is not daily, weekly or monthly'
                when v_step not between 1 and 1000 then 'interval is not 1 to 1000'
                when v_count < 1 then 'count is less than 1'
                when array_position(v_by, null) is not null then 'byday has something else than MO, TU, WE, TH, FR, SA, SU'
                when array_position(v_excluded, null) is not null then 'exdates has something else than dates'
                when cardinality(v_by) > 0 and v_frequency = 'monthly' then 'byday goes with daily and weekly only'
            end;
        end if;
    exception
        when data_exception then
            v_problem := sqlerrm;
    end;
    if v_problem is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_recurring_pattern',
            message = format('recurring_pattern is not valid: %s', left(v_problem, 200)),
            detail = e'key: invalid_recurring_pattern\n' || format('It is %s.', lifecycle.shown(p_pattern::text)),
            hint = 'Use such as {"frequency": "weekly", "interval": 1, "byday": ["MO", "WE"], "count": 10}.';
    end if;
    if v_count is null and v_last is null then
        raise exception using
            errcode = 'PT400',
            constraint = 'recurrence_unbounded',
            message = 'recurring_pattern has no end',
            detail = e'key: recurrence_unbounded\n' || format('It is %s, and p_until is null.', lifecycle.shown(p_pattern::text)),
            hint = 'Give count or until in the pattern, or p_until.';
    end if;
    if cardinality(v_by) = 0 then
        v_by := case v_frequency
            when 'weekly' then array[extract(isodow from p_base)::integer]
            else array[1, 2, 3, 4, 5, 6, 7]
        end;
    end if;
    for v_k in 0 .. 20000 loop
        v_candidates := case v_frequency
            when 'daily' then array[p_base + v_k * v_step]
            when 'weekly' then array(
                select date_trunc('week', p_base::timestamp)::date + 7 * v_k * v_step + x.day - 1
                from (select distinct b.day from unnest(v_by) as b (day)) as x
                order by x.day
            )
            -- Counted from the base date: a month that is too short takes its last day, and the next ones do not.
            else array[(p_base + make_interval(months => v_k * v_step))::date]
        end;
        foreach v_date in array v_candidates loop
            if v_seen >= v_count or v_date > v_last then
                return;
            end if;
            if v_date > p_base and extract(isodow from v_date)::integer = any(v_by) then
                v_seen := v_seen + 1;
                if v_seen > 1000 then
                    raise exception using
                        errcode = 'PT400',
                        constraint = 'recurrence_too_long',
                        message = format('recurring_pattern gives more than 1000 dates by %s', v_date),
                        detail = e'key: recurrence_too_long\n' || format('It is %s.', lifecycle.shown(p_pattern::text)),
                        hint = 'Give p_until, and go on from there later: dates that were made are not made again.';
                end if;
                if v_date <> all(v_excluded) then
                    return next v_date;
                end if;
            end if;
        end loop;
    end loop;
end
$function$;

comment on function _occurrence_dates(jsonb, date, date) is
'Dates that a recurring pattern gives after its first one. p_pattern: {frequency: daily, weekly or monthly, interval,
byday: [MO ... SU], count: dates in all, the first and the excluded ones counted, until: last local date, exdates:
[dates left out]}; p_base: first date; p_until: last date wanted, null for no other limit than the pattern''s. Returns
dates in order. Raises PT400 invalid_recurring_pattern, PT400 too_many (7 days, 1000 exdates), PT400
recurrence_unbounded, PT400 recurrence_too_long.';

revoke all on function _occurrence_dates(jsonb, date, date) from public;
