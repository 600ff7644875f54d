-- Locks: the order.
create or replace function _lock_order(p_order_id uuid, p_expected_updated_at timestamptz default null)
returns orders
language plpgsql
volatile
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
    where o.id = p_order_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'order_not_found',
            message = format('there is no order %s', coalesce(p_order_id::text, 'null')),
            detail = e'key: order_not_found\n' || 'No row of orders has this id.',
            hint = 'Look it up in orders.';
    end if;
    if p_expected_updated_at <> v_order.updated_at then
        raise exception using
            errcode = 'PT409',
            constraint = 'changed_meanwhile',
            message = format('order %s was changed by somebody else', p_order_id),
            detail = e'key: changed_meanwhile\n' || format('It was last changed at %s.', v_order.updated_at),
            hint = 'Read the row again, then repeat the call with its current updated_at.';
    end if;
    return v_order;
end
$function$;

comment on function _lock_order(uuid, timestamptz) is
'Locks an order. p_order_id: the order; p_expected_updated_at: when it was last changed, as the caller knows it (default
null: not checked). Returns its row of orders. Raises PT404 order_not_found, PT409 changed_meanwhile.';

revoke all on function _lock_order(uuid, timestamptz) from public;
