create or replace function _calendar_text(p_text text)
returns text
language sql
immutable
security invoker
parallel safe
set search_path from current
as $function$
    select regexp_replace(
        regexp_replace(
            regexp_replace(nullif(p_text, ''), e'([\\\\;,])', e'\\\\\\1', 'g'), e'\r\n|\r|\n', e'\\\\n', 'g'
        ),
        -- Other control characters are not allowed in a calendar.
        e'[\x01-\x08\x0b-\x1f\x7f]', '', 'g'
    );
$function$;

comment on function _calendar_text(text) is
'A text as value of RFC 5545: backslash, semicolon, comma and line breaks escaped. p_text: any text. Returns it, null
for an empty one. Raises nothing.';

revoke all on function _calendar_text(text) from public;
