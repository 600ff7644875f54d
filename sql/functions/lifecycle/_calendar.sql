-- requires: functions/_calendar_line, functions/_calendar_text
create or replace function _calendar(p_name text, p_events text[])
returns text
language sql
immutable
security invoker
parallel safe
set search_path from current
as $function$
    select e'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Sessionbook//Sessionbook//EN\r\nCALSCALE:GREGORIAN\r\n'
        || _calendar_line('NAME', _calendar_text(p_name))
        || _calendar_line('X-WR-CALNAME', _calendar_text(p_name))
        || array_to_string(p_events, '')
        || e'END:VCALENDAR\r\n';
$function$;

comment on function _calendar(text, text[]) is
'A VCALENDAR of RFC 5545. p_name: what calendars show as its name; p_events: as _calendar_event() returns them. Returns
text. Raises nothing.';

revoke all on function _calendar(text, text[]) from public;
