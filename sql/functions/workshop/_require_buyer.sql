-- requires: functions/_refuse_long_texts, functions/lifecycle.shown
-- Locks: none.
create or replace function _require_buyer(
    p_customer_name text,
    p_customer_phone text,
    p_customer_email text,
    p_order_source text,
    p_hold interval,
    p_idempotency_key text,
    p_now timestamptz
)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    -- Beyond it the sum may be no time at all.
    if p_hold > interval '366 days' then
        raise exception using
            errcode = 'PT400',
            constraint = 'hold_too_long',
            message = format('cannot hold seats for %s', p_hold),
            detail = e'key: hold_too_long\n' || 'Seats are held for 366 days at most.',
            hint = 'Leave p_hold out for 30 minutes.';
    end if;
    if p_hold is null or p_hold < interval '-1 year' or p_now + p_hold <= p_now then
        raise exception using
            errcode = 'PT400',
            constraint = 'hold_not_positive',
            message = format('cannot hold seats for %s', coalesce(p_hold::text, 'null')),
            detail = e'key: hold_not_positive\n' || 'p_hold must be above zero.',
            hint = 'Leave p_hold out for 30 minutes.';
    end if;
    if p_order_source is null or p_order_source not in ('whatsapp', 'direct', 'qr') then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_source',
            message = format('%s is not a source of orders', coalesce(lifecycle.shown(p_order_source), 'null')),
            detail = e'key: unknown_source\n' || 'Sources are whatsapp, direct and qr.',
            hint = 'Leave p_order_source out for whatsapp.';
    end if;
    if coalesce(trim(p_customer_name), '') = '' then
        raise exception using
            errcode = 'PT400',
            constraint = 'name_missing',
            message = 'no customer name is given for the order',
            detail = e'key: name_missing\n' || 'p_customer_name is blank.',
            hint = 'Give the name of the buyer.';
    end if;
    if coalesce(p_customer_phone, '') = '' then
        raise exception using
            errcode = 'PT400',
            constraint = 'phone_missing',
            message = 'no phone number is given for the order',
            detail = e'key: phone_missing\n' || 'p_customer_phone is blank.',
            hint = 'Give the phone number of the customer.';
    end if;
    perform _refuse_long_texts(p_customer_name, p_customer_email, p_customer_phone, p_idempotency_key);
end
$function$;

comment on function _require_buyer(text, text, text, text, interval, text, timestamptz) is
'Refuses somebody who cannot order like this. p_customer_name, p_customer_phone: who, not blank; p_customer_email,
p_idempotency_key: what the caller sent, null: nothing; p_order_source: whatsapp, direct or qr; p_hold: how long seats
are held, above nothing and at most 366 days; p_now: time to judge by. Returns nothing. Raises PT400 hold_not_positive,
PT400 hold_too_long, PT400 name_missing, PT400 phone_missing, PT400 unknown_source, PT400 text_too_long.';

revoke all on function _require_buyer(text, text, text, text, interval, text, timestamptz) from public;
