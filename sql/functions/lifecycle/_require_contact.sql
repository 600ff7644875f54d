-- requires: functions/phone_key
-- Locks: none.
create or replace function _require_contact(p_email text, p_phone text)
returns void
language plpgsql
immutable
security invoker
parallel safe
set search_path from current
as $function$
begin
    if coalesce(btrim(p_email), '') = '' and coalesce(phone_key(p_phone), '') = '' then
        raise exception using
            errcode = 'PT400',
            constraint = 'contact_missing',
            message = 'neither an e-mail address nor a phone number is given',
            detail = e'key: contact_missing\n' || 'Both are null, blank or without a digit.',
            hint = 'Give at least one of them.';
    elsif char_length(p_email) > 320 or char_length(p_phone) > 100 then
        raise exception using
            errcode = 'PT400',
            constraint = 'text_too_long',
            message = 'the address or phone number is too long',
            detail = e'key: text_too_long\n' || 'An address has at most 320 characters, a phone number 100.',
            hint = 'Pass one address and one phone number.';
    end if;
end
$function$;

comment on function _require_contact(text, text) is
'Refuses a search with neither address nor number. p_email, p_phone: of the person, null: not known. Returns nothing.
Raises PT400 contact_missing, PT400 text_too_long.';

revoke all on function _require_contact(text, text) from public;
