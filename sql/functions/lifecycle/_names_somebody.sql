-- requires: functions/phone_key
-- Locks: none.
create or replace function _names_somebody(p_text text, p_texts text[], p_phones text[])
returns boolean
language sql
immutable
security invoker
parallel safe
set search_path from current
as $function$
    select exists (select from unnest(p_texts) as t (text) where strpos(lower(p_text), t.text) > 0)
        or exists (select from unnest(p_phones) as n (phone) where strpos(phone_key(p_text), n.phone) > 0)
$function$;

comment on function _names_somebody(text, text[], text[]) is
'Whether a message names a person. p_text: the message; p_texts: names, addresses and numbers in lower case; p_phones:
numbers as phone_key() makes them. Returns a boolean. Raises nothing.';

revoke all on function _names_somebody(text, text[], text[]) from public;
