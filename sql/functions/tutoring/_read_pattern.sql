-- requires: functions/_read_rrule, functions/lifecycle.shown
-- Everything that follows from the first date is written out, so that the rule means the same with a later first date:
-- edit_series() splits a series.
create or replace function _read_pattern(p_pattern jsonb, p_base date, p_start_time time, p_timezone text)
returns jsonb
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_days constant text[] := array['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
    v_known constant text[] := array[
        'frequency', 'interval', 'byday', 'bymonthday', 'bymonth', 'bysetpos', 'wkst', 'count', 'until', 'exdates'
    ];
    v_day constant integer := extract(day from p_base);
    v_month constant integer := extract(month from p_base);
    v_given jsonb := p_pattern;
    v_frequency text;
    v_step integer;
    v_byday text[];
    v_bymonthday integer[];
    v_bymonth integer[];
    v_bysetpos integer[];
    v_wkst text;
    v_count integer;
    v_until date;
    v_excluded date[];
    v_is_plain boolean;
    v_problem text;
begin
    begin
        if jsonb_typeof(p_pattern) is distinct from 'object' then
            v_problem := format('it is %s', coalesce(jsonb_typeof(p_pattern), 'null'));
        elsif p_pattern ? 'rrule' then
            -- Besides rrule only exdates is allowed; any other field is then unknown.
            v_given := _read_rrule(p_pattern ->> 'rrule', p_start_time, p_timezone)
                || (
                    select jsonb_object_agg(
                        case e.key when 'exdates' then e.key else e.key || ' beside rrule' end, e.value
                    )
                    from jsonb_each('{"exdates": []}' || (p_pattern - 'rrule')) as e
                );
        end if;
        if v_problem is null then
            v_problem := (
                select format('unknown: %s', string_agg(u.name, ', ' order by u.name))
                from (
                    select k.name
                    from jsonb_object_keys(v_given) as k (name)
                    where k.name <> all(v_known)
                    limit 10
                ) as u
                having count(*) > 0
            );
        end if;
        if v_problem is null then
            v_problem := (
                select format('%s has %s elements, more than %s', l.name, jsonb_array_length(v_given -> l.name), l.most)
                from (
                    values ('byday', 60), ('bymonthday', 62), ('bymonth', 12), ('bysetpos', 60), ('exdates', 1000)
                ) as l (name, most)
                where case
                    when jsonb_typeof(v_given -> l.name) = 'array' then jsonb_array_length(v_given -> l.name) > l.most
                end
                limit 1
            );
            if v_problem is not null then
                raise exception using
                    errcode = 'PT400',
                    constraint = 'too_many',
                    message = format('recurring_pattern: %s', v_problem),
                    detail = e'key: too_many\n' || 'A pattern has at most 60 days, 12 months and 1000 excluded dates.',
                    hint = 'Split the pattern into two, each with its own end.';
            end if;
            -- Names and days are ASCII: the same in every locale.
            v_frequency := lower(v_given ->> 'frequency' collate "C");
            v_step := coalesce((v_given ->> 'interval')::integer, 1);
            v_wkst := coalesce(upper(v_given ->> 'wkst' collate "C"), 'MO');
            v_count := (v_given ->> 'count')::integer;
            v_until := (v_given ->> 'until')::date;
            v_byday := array(
                select upper(d.day collate "C")
                from jsonb_array_elements_text(coalesce(nullif(v_given -> 'byday', 'null'), '[]')) as d (day)
            );
            v_bymonthday := array(
                select d.day::integer
                from jsonb_array_elements_text(coalesce(nullif(v_given -> 'bymonthday', 'null'), '[]')) as d (day)
            );
            v_bymonth := array(
                select d.month::integer
                from jsonb_array_elements_text(coalesce(nullif(v_given -> 'bymonth', 'null'), '[]')) as d (month)
            );
            v_bysetpos := array(
                select d.place::integer
                from jsonb_array_elements_text(coalesce(nullif(v_given -> 'bysetpos', 'null'), '[]')) as d (place)
            );
            v_excluded := array(
                select d.day::date
                from jsonb_array_elements_text(coalesce(nullif(v_given -> 'exdates', 'null'), '[]')) as d (day)
            );
            v_problem := case
                when v_frequency is null or v_frequency not in ('daily', 'weekly', 'monthly', 'yearly')
                    then 'frequency is not daily, weekly, monthly or yearly'
                when v_step not between 1 and 1000 then 'interval is not 1 to 1000'
                when v_count < 1 then 'count is less than 1'
                when v_count is not null and v_until is not null then 'it has count and until'
                when v_wkst <> all(v_days) then 'wkst is not a day such as MO'
                when array_position(v_excluded, null) is not null then 'exdates has something else than dates'
                when exists (
                    select
                    from unnest(v_byday) as d (day)
                    where coalesce(d.day !~ '^([+-]?([1-9]|[1-4][0-9]|5[0-3]))?(MO|TU|WE|TH|FR|SA|SU)$', true)
                )
                    then 'byday has something else than days such as MO, 2TU, -1FR'
                when v_frequency in ('daily', 'weekly') and array_to_string(v_byday, ',') ~ '[0-9]'
                    then 'a number in byday goes with monthly and yearly only'
                when exists (
                    select from unnest(v_bymonthday) as d (day) where coalesce(abs(d.day) not between 1 and 31, true)
                )
                    then 'bymonthday has something else than 1 to 31 and -1 to -31'
                when cardinality(v_bymonthday) > 0 and v_frequency = 'weekly' then 'bymonthday does not go with weekly'
                when exists (
                    select from unnest(v_bymonth) as d (month) where coalesce(d.month not between 1 and 12, true)
                )
                    then 'bymonth has something else than 1 to 12'
                when exists (
                    select from unnest(v_bysetpos) as d (place) where coalesce(abs(d.place) not between 1 and 366, true)
                )
                    then 'bysetpos has something else than 1 to 366 and -1 to -366'
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
            hint = 'For example {"frequency": "weekly", "byday": ["MO"], "count": 10}, or {"rrule": "FREQ=DAILY"}.';
    end if;
    v_is_plain := cardinality(v_byday) = 0 and cardinality(v_bymonthday) = 0;
    if v_is_plain and v_frequency = 'weekly' then
        v_byday := array[v_days[extract(isodow from p_base)::integer]];
    elsif v_is_plain and v_frequency in ('monthly', 'yearly') then
        if v_frequency = 'yearly' and cardinality(v_bymonth) = 0 then
            v_bymonth := array[v_month];
        end if;
        v_bymonthday := array[v_day];
        -- A month that is too short takes its last day. RFC 5545 leaves it out, so a rule that came as such does.
        if not p_pattern ? 'rrule' and not p_pattern ? 'bymonth' and cardinality(v_bysetpos) = 0
            and v_day > 28 and (v_frequency = 'monthly' or v_month = 2)
        then
            v_bymonthday := array(select g.day from generate_series(28, v_day) as g (day));
            v_bysetpos := array[-1];
        end if;
    end if;
    return jsonb_strip_nulls(
        jsonb_build_object(
            'frequency', v_frequency,
            'interval', v_step,
            'byday', to_jsonb(nullif(v_byday, '{}')),
            'bymonthday', to_jsonb(nullif(v_bymonthday, '{}')),
            'bymonth', to_jsonb(nullif(v_bymonth, '{}')),
            'bysetpos', to_jsonb(nullif(v_bysetpos, '{}')),
            'wkst', v_wkst,
            'count', v_count,
            'until', v_until,
            'exdates', to_jsonb(nullif(v_excluded, '{}'))
        )
    );
end
$function$;

comment on function _read_pattern(jsonb, date, time, text) is
'Reads a recurring_pattern and writes out what follows from its first date. p_pattern: {frequency: daily, weekly,
monthly or yearly, interval, byday: [MO, 2TU, -1FR], bymonthday: [1, -1], bymonth: [1], bysetpos: [-1], wkst: first day
of the week (MO), count: dates in all, the first and the excluded ones counted, or until: last local date, exdates:
[dates left out]}, or {rrule: a rule of RFC 5545, exdates}; p_base: first date; p_start_time, p_timezone: of the
session. Returns the pattern without rrule. Raises PT400 invalid_recurring_pattern, PT400 too_many (60 days, 12 months, 1000
exdates).';

revoke all on function _read_pattern(jsonb, date, time, text) from public;
