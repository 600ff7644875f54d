-- requires: functions/lifecycle.phone_key
-- The one place that says which phone numbers are the same. A number that is not said to be of another country may have
-- been written with or without the installation's country code.
create or replace function _phone_keys(p_phone text)
returns text[]
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    select array_remove(
        array[
            k.key,
            case when k.key like g.country_code || '%' then nullif(substr(k.key, length(g.country_code) + 1), '') end,
            case when trim(p_phone) !~ '^([+]|00)' then g.country_code || k.key end
        ],
        null
    )
    from (select nullif(lifecycle.phone_key(p_phone), '') as key) as k
    cross join settings as g;
$function$;

comment on function _phone_keys(text) is
'Digits that stand for a phone number in lifecycle.phone_key(), as it is and with or without the country code of the
settings. p_phone: as people write it. Returns text[]; empty: there are no digits in it. Raises nothing.';

revoke all on function _phone_keys(text) from public;
