-- Called if one of the texts is too long; asked beforehand in a single expression, because it stands on the path of
-- every seat.
-- Locks: none.
create or replace function _refuse_long_texts(p_name text, p_email text, p_phone text, p_key text)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_long record;
begin
    select t.what, length(t.value) as given, t.most
    into v_long
    from (
        values
            ('name', p_name, 255),
            ('e-mail address', p_email, 255),
            ('phone number', p_phone, 50),
            ('idempotency key', p_key, 200)
    ) as t (what, value, most)
    where length(t.value) > t.most
    limit 1;
    if found then
        raise exception using
            errcode = 'PT400',
            constraint = 'text_too_long',
            message = format('the %s is too long', v_long.what),
            detail = e'key: text_too_long\n'
                || format('It has %s characters, at most %s are allowed.', v_long.given, v_long.most),
            hint = 'Shorten it.';
    end if;
end
$function$;

comment on function _refuse_long_texts(text, text, text, text) is
'Refuses a text that is longer than what is kept of it, by its name. p_name (255 characters), p_email (255), p_phone
(50), p_key (200): what the caller sent, null: nothing. Returns nothing if all fit. Raises PT400 text_too_long.';

revoke all on function _refuse_long_texts(text, text, text, text) from public;
