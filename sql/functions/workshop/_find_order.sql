-- Locks: none.
create or replace function _find_order(
    p_creator_id uuid,
    p_idempotency_key text,
    p_customer_name text,
    p_customer_phone text,
    p_customer_email text,
    p_request jsonb,
    p_paid numeric,
    p_payment_reference text
)
returns orders
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_order orders;
begin
    select o.*
    into v_order
    from orders as o
    where o.creator_id = p_creator_id and o.idempotency_key = p_idempotency_key;
    if found
        and (
            (v_order.customer_name, v_order.customer_phone, v_order.idempotency_request)
            is distinct from (p_customer_name::varchar, p_customer_phone::varchar, p_request)
            or lower(v_order.customer_email collate "C") is distinct from lower(p_customer_email collate "C")
            -- Money that came in must not be forgotten because the order is there.
            or p_paid is not null and not exists (
                select
                from payments as y
                where y.order_id = v_order.id
                    and y.kind = 'payment'
                    and y.amount = p_paid
                    and y.reference is not distinct from p_payment_reference
            )
        )
    then
        raise exception using
            errcode = 'PT409',
            constraint = 'idempotency_key_reused',
            message = 'the idempotency key was used for something else',
            detail = e'key: idempotency_key_reused\n'
                || format('Order %s has another customer, other items or another payment.', v_order.order_number),
            hint = 'Make up a new key for each order; record_payment() is for money that comes in later.';
    end if;
    return v_order;
end
$function$;

comment on function _find_order(uuid, text, text, text, text, jsonb, numeric, text) is
'The order that a key was used for. p_creator_id: who sells; p_idempotency_key: the key, null: none; p_customer_name,
p_customer_phone, p_customer_email: of the order that is asked for now; p_request: its items, as create_order() keeps
them; p_paid, p_payment_reference: money that came in, as the caller says (null: none). Returns the row of orders; all
columns null if there is none. Raises PT409 idempotency_key_reused if it is of somebody else, was asked for other
workshops, sessions or quantities, or no such payment is recorded.';

revoke all on function _find_order(uuid, text, text, text, text, jsonb, numeric, text) from public;
