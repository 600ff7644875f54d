-- requires: functions/_lock_order, functions/_order_money, functions/_record_money, functions/set_order_status
-- security: the order is named by its key; what is due comes from our tables.
-- A payment is recorded even if the seats are gone: then the order stays as it is, and order_balance shows what is to
-- be refunded.
-- Locks: as set_order_status().
-- Plans are made once, as in create_order(): with lists of rows PostgreSQL would make them again for every call.
create or replace function record_payment(
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
set plan_cache_mode = force_generic_plan
as $function$
declare
    v_order orders;
    v_money record;
begin
    v_order := _lock_order(p_order_id);
    if not _record_money(p_order_id, 'payment', p_amount, p_method, p_reference) then
        return v_order;
    end if;
    update orders as o
    set payment_method = coalesce(p_method, o.payment_method),
        payment_reference = coalesce(nullif(trim(p_reference), ''), o.payment_reference)
    where o.id = p_order_id
    returning o.* into v_order;
    select m.payable, m.paid
    into v_money
    from _order_money(p_order_id) as m;
    if v_order.status = 'pending' and v_money.payable > 0 and v_money.paid >= v_money.payable then
        begin
            v_order := set_order_status(p_order_id, 'paid');
        exception
            when sqlstate 'PT409' or sqlstate 'PT404' then
                null;
        end;
    end if;
    return v_order;
end
$function$;

comment on function record_payment(uuid, numeric, text, text) is
'Records a payment for an order. Once the price of its seats is paid, the order becomes paid, as by set_order_status().
p_order_id: the order; p_amount: above 0, in units of its currency; may be a part of what is due; p_method: how it was
paid, such as card (null: not given); p_reference: the payment provider''s, so that the same payment reported again is
recorded once (null: none). Returns the row of orders: paid; or unchanged, if less was paid than is due, or if its hold
ran out and the seats are gone (order_balance shows what is to be refunded). Raises PT400 invalid_amount, PT400
text_too_long, PT404 order_not_found, PT409 reference_reused.';

revoke all on function record_payment(uuid, numeric, text, text) from public;
grant execute on function record_payment(uuid, numeric, text, text) to sessionbook_app;
