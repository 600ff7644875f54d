create or replace function _refuse_too_many(p_argument text, p_count integer)
returns void
language plpgsql
immutable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_most constant integer := 1000;
begin
    if p_count > v_most then
        raise exception using
            errcode = 'PT400',
            constraint = 'too_many',
            message = format('%s asks for %s at once, at most %s are allowed', p_argument, p_count, v_most),
            detail = e'key: too_many\n'
                || 'A call holds its locks until it ends, so its size is limited.',
            hint = 'Split it into several requests.';
    end if;
end
$function$;

comment on function _refuse_too_many(text, integer) is
'Refuses a list or a limit above 1000. p_argument: name of the argument, for the message; p_count: how many it has or
asks for (null: none). Returns nothing. Raises PT400 too_many.';

revoke all on function _refuse_too_many(text, integer) from public;
