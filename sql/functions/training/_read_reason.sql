create or replace function _read_reason(p_reason text)
returns text
language plpgsql
immutable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_reason constant text := btrim(p_reason, E' \t\r\n');
begin
    if coalesce(v_reason, '') = '' then
        raise exception using
            errcode = 'PT400',
            constraint = 'reason_missing',
            message = 'no reason is given',
            detail = e'key: reason_missing\n' || 'The reason is kept in session_decisions.',
            hint = 'Give p_reason.';
    end if;
    if length(v_reason) > 1000 then
        raise exception using
            errcode = 'PT400',
            constraint = 'reason_too_long',
            message = format('p_reason has %s characters, at most 1000 are allowed', length(v_reason)),
            detail = e'key: reason_too_long\n' || 'One or two sentences are enough.',
            hint = 'Shorten it.';
    end if;
    return v_reason;
end
$function$;

comment on function _read_reason(text) is
'Reads a reason. p_reason: text of 1 to 1000 characters. Returns it without spaces around. Raises PT400 reason_missing,
reason_too_long.';

revoke all on function _read_reason(text) from public;
