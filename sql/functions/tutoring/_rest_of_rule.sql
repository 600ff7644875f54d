-- requires: functions/_occurrence_dates, functions/lifecycle.shown
-- The first day of the week shifts with the days: otherwise the days of an every-other-week rule could fall into
-- different weeks.
create or replace function _rest_of_rule(p_rule jsonb, p_base date, p_first date, p_days integer)
returns jsonb
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_days constant text[] := array['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
    v_rule jsonb := p_rule;
begin
    if p_rule ? 'count' and p_first > p_base then
        v_rule := v_rule || jsonb_build_object(
            'count',
            (p_rule ->> 'count')::integer - 1
            - (select count(*) from _occurrence_dates(p_rule - 'exdates', p_base, p_first - 1) as d)
        );
    end if;
    if p_days = 0 then
        return v_rule;
    end if;
    if p_rule ->> 'frequency' not in ('daily', 'weekly') or p_rule ?| array['bymonth', 'bymonthday'] then
        raise exception using
            errcode = 'PT400',
            constraint = 'series_cannot_shift',
            message = 'a monthly or yearly series cannot move to other days',
            detail = e'key: series_cannot_shift\n' || format('Its rule is %s.', lifecycle.shown(p_rule::text)),
            hint = 'Move this session alone, or cancel the series from here on and make another one.';
    end if;
    return v_rule || jsonb_strip_nulls(
        jsonb_build_object(
            'wkst', v_days[((array_position(v_days, p_rule ->> 'wkst') - 1 + p_days) % 7 + 7) % 7 + 1],
            'byday', (
                select jsonb_agg(v_days[((array_position(v_days, d.day) - 1 + p_days) % 7 + 7) % 7 + 1])
                from jsonb_array_elements_text(p_rule -> 'byday') as d (day)
            ),
            'until', (p_rule ->> 'until')::date + p_days,
            'exdates', (
                select jsonb_agg(d.day::date + p_days)
                from jsonb_array_elements_text(p_rule -> 'exdates') as d (day)
            )
        )
    );
end
$function$;

comment on function _rest_of_rule(jsonb, date, date, integer) is
'What is left of a rule from one of its dates on. p_rule: as _read_pattern() returns it; p_base: its first date;
p_first: the date that is to be the first; p_days: so many days later (or earlier, if negative). Returns a rule. Raises
PT400 series_cannot_shift, and PT400 recurrence_too_long.';

revoke all on function _rest_of_rule(jsonb, date, date, integer) from public;
