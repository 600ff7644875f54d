-- requires: functions/lifecycle.shown
-- Unknown parts become fields that no pattern has, so that _read_pattern() refuses them by name.
create or replace function _read_rrule(p_rrule text, p_start_time time, p_timezone text)
returns jsonb
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_text constant text := regexp_replace(upper(btrim(p_rrule) collate "C"), '^RRULE:', '');
    v_pattern jsonb := jsonb_build_object();
    v_part text;
    v_name text;
    v_value text;
    v_until timestamp;
begin
    if length(v_text) > 1000 then
        return jsonb_build_object('a rule of more than 1000 characters', null);
    end if;
    foreach v_part in array string_to_array(v_text, ';') loop
        v_name := split_part(v_part, '=', 1);
        v_value := split_part(v_part, '=', 2);
        v_name := case
            when v_value = '' or v_part <> v_name || '=' || v_value then lifecycle.shown(v_part)
            when v_name = 'FREQ' then 'frequency'
            else lower(v_name collate "C")
        end;
        if v_pattern ? v_name then
            return jsonb_build_object(v_name || ' twice', null);
        end if;
        v_pattern := v_pattern || jsonb_build_object(
            v_name,
            case
                when v_name in ('interval', 'count') then to_jsonb(v_value::integer)
                when v_name = 'byday' then to_jsonb(string_to_array(v_value, ','))
                when v_name in ('bymonthday', 'bymonth', 'bysetpos')
                    then to_jsonb(string_to_array(v_value, ',')::integer[])
                else to_jsonb(v_value)
            end
        );
    end loop;
    if v_pattern ? 'until' then
        v_value := v_pattern ->> 'until';
        v_until := case
            when v_value like '%Z' then (rtrim(v_value, 'Z')::timestamp at time zone 'UTC') at time zone p_timezone
            when v_value like '%T%' then v_value::timestamp
            else v_value::date + p_start_time
        end;
        v_pattern := v_pattern || jsonb_build_object(
            'until', v_until::date - case when v_until::time < p_start_time then 1 else 0 end
        );
    end if;
    return v_pattern;
end
$function$;

comment on function _read_rrule(text, time, text) is
'Reads a recurrence rule of RFC 5545. p_rrule: such as FREQ=MONTHLY;BYDAY=-1FR;COUNT=6, with or without RRULE: in front;
p_start_time: local start of the session; p_timezone: its zone, which UNTIL is converted to. Returns the rule as a
recurring_pattern, whose values nobody has judged yet. Raises errors of class 22 for an invalid number or date.';

revoke all on function _read_rrule(text, time, text) from public;
