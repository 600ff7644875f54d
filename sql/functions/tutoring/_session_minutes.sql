-- requires: functions/_session_ends_at
create or replace function _session_minutes(
    p_session_date date,
    p_start_time time,
    p_end_time time,
    p_timezone text
)
returns integer
language sql
immutable
security invoker
parallel safe
set search_path from current
as $function$
    select (
        extract(
            epoch from
            _session_ends_at(p_session_date, p_start_time, p_end_time, p_timezone)
            - (p_session_date + p_start_time) at time zone p_timezone
        ) / 60
    )::integer;
$function$;

comment on function _session_minutes(date, time, time, text) is
'Minutes that really pass from start to end, also over a change of time. p_session_date: local day of the start;
p_start_time, p_end_time: local times, an end at or before the start is on the next day; p_timezone: IANA time zone.
Returns integer. Raises 22023 for a zone that is not known, 22008 out of range.';

revoke all on function _session_minutes(date, time, time, text) from public;
