-- requires: functions/lifecycle.phone_key
-- The only place that defines which phone numbers are the same. A number that is not said to be of another country may
-- have been written with or without the installation's country code. The caller reads that from the settings: so this
-- reads nothing, and may stand in a query on Citus.
create or replace function _phone_keys(p_phone text, p_country_code text)
returns text[]
language sql
immutable
security invoker
parallel safe
set search_path from current
as $function$
    select array_remove(
        array[
            k.key,
            case when k.key like p_country_code || '%' then nullif(substr(k.key, length(p_country_code) + 1), '') end,
            case when trim(p_phone) !~ '^([+]|00)' then p_country_code || k.key end
        ],
        null
    )
    from (select nullif(lifecycle.phone_key(p_phone), '') as key) as k;
$function$;

comment on function _phone_keys(text, text) is
'Digits that stand for a phone number in lifecycle.phone_key(), as it is and with or without the country code. p_phone:
as people write it; p_country_code: of the settings, null: none. Returns text[]; empty: there are no digits in it.
Raises nothing.';

revoke all on function _phone_keys(text, text) from public;
