-- Locks: the order.
create or replace function _lock_order(p_order_id uuid)
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
    return v_order;
end
$function$;

comment on function _lock_order(uuid) is
'Locks an order. p_order_id: the order. Returns its row of orders. Raises PT404 order_not_found.';

revoke all on function _lock_order(uuid) from public;
