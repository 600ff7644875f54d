-- requires: functions/_lock_order, functions/_order_money, functions/_record_money
-- security: the order is named by its key, and no more can be refunded than was paid.
-- Locks: the order.
create or replace function record_refund(
    p_order_id uuid,
    p_amount numeric,
    p_method text default null,
    p_reference text default null
)
returns orders
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_order orders;
    v_money record;
begin
    v_order := _lock_order(p_order_id);
    if not _record_money(p_order_id, 'refund', p_amount, p_method, p_reference) then
        return v_order;
    end if;
    select m.payable, m.paid
    into v_money
    from _order_money(p_order_id) as m;
    if v_money.paid < 0 then
        raise exception using
            errcode = 'PT409',
            constraint = 'refund_exceeds_paid',
            message = format('cannot refund %s of order %s', p_amount, v_order.order_number),
            detail = e'key: refund_exceeds_paid\n'
                || format('%s was paid and not refunded.', v_money.paid + p_amount),
            hint = 'See order_balance.';
    end if;
    if v_order.status = 'paid' and v_money.paid = 0 and v_money.payable = 0 then
        update orders as o
        set status = 'refunded'
        where o.id = p_order_id
        returning o.* into v_order;
    end if;
    return v_order;
end
$function$;

comment on function record_refund(uuid, numeric, text, text) is
'Records a refund for an order. p_order_id: the order; p_amount: above 0, in units of its currency, at most what was
paid; p_method: how it was refunded (null: not given); p_reference: the payment provider''s, so that the same refund
reported again is recorded once (null: none). Returns the row of orders: refunded if it was paid, has no seats left and
everything was refunded; else unchanged. Seats stay as they are; free them with cancel_enrollment() or
set_order_status(). Raises PT400 invalid_amount, PT400 text_too_long, PT404 order_not_found, PT409 reference_reused,
PT409 refund_exceeds_paid.';

revoke all on function record_refund(uuid, numeric, text, text) from public;
grant execute on function record_refund(uuid, numeric, text, text) to sessionbook_app;
