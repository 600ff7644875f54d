-- requires: functions/lifecycle.shown
-- Locks: none.
create or replace function _require_payment(p_amount numeric, p_method text, p_reference text)
returns void
language plpgsql
immutable
security invoker
parallel safe
set search_path from current
as $function$
begin
    if p_amount is null or p_amount <= 0 or p_amount >= 10000000 or p_amount <> round(p_amount, 3) then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_amount',
            message = format('cannot record an amount of %s', coalesce(lifecycle.shown(p_amount::text), 'null')),
            detail = e'key: invalid_amount\n'
                || 'An amount is above 0, with at most seven digits before the decimal point and three after it.',
            hint = 'To refund money, use record_refund() with an amount above 0.';
    end if;
    if length(p_reference) > 255 or length(p_method) > 50 then
        raise exception using
            errcode = 'PT400',
            constraint = 'text_too_long',
            message = format(
                'reference %s or method %s is too long', lifecycle.shown(p_reference), lifecycle.shown(p_method)
            ),
            detail = e'key: text_too_long\n' || 'A reference has at most 255 characters, a method 50.',
            hint = 'Shorten it.';
    end if;
end
$function$;

comment on function _require_payment(numeric, text, text) is
'Refuses money that cannot be recorded like this. p_amount: above 0, in units of a currency; p_method: how it was paid
(at most 50 characters, null: not said); p_reference: the payment provider''s (at most 255, null: none). Returns
nothing. Raises PT400 invalid_amount, PT400 text_too_long.';

revoke all on function _require_payment(numeric, text, text) from public;
