-- If a start falls into the hour that daylight saving time skips, PostgreSQL moves it forward by that hour. An end
-- outside that hour would then be too early, so it moves by the same time.
create or replace function _session_ends_at(
    p_session_date date,
    p_start_time time,
    p_end_time time,
    p_timezone text
)
returns timestamptz
language sql
immutable
security invoker
parallel safe
set search_path from current
as $function$
    select case
        when x.starts_at at time zone p_timezone = x.local_start
            then x.local_end at time zone p_timezone
        -- In UTC, where each hour has 60 minutes.
        else (x.starts_at at time zone 'UTC' + (x.local_end - x.local_start)) at time zone 'UTC'
    end
    from (
        select
            p_session_date + p_start_time as local_start,
            p_session_date + case when p_end_time <= p_start_time then 1 else 0 end + p_end_time as local_end,
            (p_session_date + p_start_time) at time zone p_timezone as starts_at
    ) as x;
$function$;

comment on function _session_ends_at(date, time, time, text) is
'Instant of the end of a session. p_session_date: local day of the start; p_start_time, p_end_time: local times, an end
at or before the start is on the next day; p_timezone: IANA time zone. If the start falls into the hour that daylight
saving time skips, the end moves too and the length stays. Returns timestamptz. Raises 22023 for a zone that is not
known, 22008 out of range.';

revoke all on function _session_ends_at(date, time, time, text) from public;
