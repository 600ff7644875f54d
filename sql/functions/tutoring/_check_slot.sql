create or replace function _check_slot(
    p_session_date date,
    p_start_time time,
    p_end_time time
)
returns void
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
begin
    if p_session_date is null or p_start_time is null or p_end_time is null then
        raise exception using
            errcode = 'PT400',
            constraint = 'slot_incomplete',
            message = format(
                'a slot needs a date and two times, not %s, %s to %s',
                coalesce(p_session_date::text, 'null'),
                coalesce(p_start_time::text, 'null'),
                coalesce(p_end_time::text, 'null')
            ),
            detail = e'key: slot_incomplete\n' || 'All three are in the session''s time zone.',
            hint = 'Give date, start and end, such as 2026-01-31, 14:00 and 15:30.';
    end if;
    if p_session_date not between '0001-01-01' and '9999-12-31' then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_slot',
            message = format('a session cannot take place on %s', p_session_date),
            detail = e'key: invalid_slot\n' || 'The year must be from 1 to 9999.',
            hint = 'Give a date such as 2026-01-31.';
    end if;
end
$function$;

comment on function _check_slot(date, time, time) is
'Refuses a slot with a part missing, or whose day is out of range. p_session_date: local day; p_start_time, p_end_time:
local times. Returns nothing. Raises PT400 slot_incomplete, PT400 invalid_slot (infinite, or not from year 1 to 9999).';

revoke all on function _check_slot(date, time, time) from public;
