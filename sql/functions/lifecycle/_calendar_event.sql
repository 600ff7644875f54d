-- requires: functions/_calendar_line, functions/_calendar_text
-- In UTC: every calendar shows it in its owner's zone, and no time zone rules have to be included.
create or replace function _calendar_event(
    p_uid text,
    p_sequence integer,
    p_now timestamptz,
    p_starts_at timestamptz,
    p_ends_at timestamptz,
    p_is_off boolean,
    p_summary text,
    p_location text,
    p_description text
)
returns text
language sql
immutable
security invoker
parallel safe
set search_path from current
as $function$
    select e'BEGIN:VEVENT\r\n'
        || _calendar_line('UID', p_uid)
        || _calendar_line('DTSTAMP', to_char(p_now at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"'))
        || _calendar_line('DTSTART', to_char(p_starts_at at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"'))
        || _calendar_line('DTEND', to_char(p_ends_at at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"'))
        || _calendar_line('SEQUENCE', p_sequence::text)
        || _calendar_line('STATUS', case when p_is_off then 'CANCELLED' else 'CONFIRMED' end)
        || _calendar_line('SUMMARY', _calendar_text(p_summary))
        || _calendar_line('LOCATION', _calendar_text(p_location))
        || _calendar_line('DESCRIPTION', _calendar_text(p_description))
        || e'END:VEVENT\r\n';
$function$;

comment on function _calendar_event(text, integer, timestamptz, timestamptz, timestamptz, boolean, text, text, text) is
'A VEVENT of RFC 5545. p_uid: its key, which never changes; p_sequence: how often it was changed; p_now: when this is
written; p_starts_at, p_ends_at: from when to when; p_is_off: true if it does not take place; p_summary, p_location,
p_description: texts, null: none. Returns text. Raises nothing.';

revoke all on function _calendar_event(
    text, integer, timestamptz, timestamptz, timestamptz, boolean, text, text, text
) from public;
