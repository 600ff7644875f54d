-- No search_path of its own: callers inline it, and find an index on the same expression.
create or replace function phone_key(p_phone text)
returns text
language sql
immutable
security invoker
parallel safe
begin atomic
    select ltrim(
        regexp_replace(translate(p_phone, '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', '01234567890123456789'), '[^0-9]+', '', 'g'), '0'
    );
end;

comment on function phone_key(text) is
'The digits of a phone number without leading zeros, so that +965, 00965 and ٠٠٩٦٥ are equal. p_phone: as people write
it. Returns digits; null for null. Raises nothing.';

revoke all on function phone_key(text) from public;
grant execute on function phone_key(text) to sessionbook_common;
