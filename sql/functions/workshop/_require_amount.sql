-- Locks: none.
create or replace function _require_amount(p_amount numeric)
returns numeric
language plpgsql
immutable
security invoker
parallel safe
set search_path from current
as $function$
begin
    if p_amount >= 10000000 then
        raise exception using
            errcode = 'PT400',
            constraint = 'amount_too_large',
            message = format('an amount of %s is too large', p_amount),
            detail = e'key: amount_too_large\n' || 'Amounts have at most seven digits before the decimal point.',
            hint = 'Book the seats in parts.';
    end if;
    return p_amount;
end
$function$;

comment on function _require_amount(numeric) is
'An amount of money that can be kept. p_amount: in units of a currency. Returns it. Raises PT400 amount_too_large.';

revoke all on function _require_amount(numeric) from public;
