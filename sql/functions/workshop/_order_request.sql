-- Locks: none.
create or replace function _order_request(p_items order_items[])
returns jsonb
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    select jsonb_agg(r.item order by r.item)
    from (
        select
            jsonb_strip_nulls(
                jsonb_build_object(
                    'workshop_id', case when i.run_id is null and i.session_id is null then i.workshop_id end,
                    'run_id', i.run_id,
                    'session_id', i.session_id,
                    'quantity', i.quantity
                )
            ) as item
        from unnest(p_items) as i
    ) as r;
$function$;

comment on function _order_request(order_items[]) is
'What an idempotency key of create_order() stands for: the items as the caller named them, in an order that does not
depend on the caller''s. p_items: as _read_order_items() gives them. Returns an array of objects. Raises nothing.';

revoke all on function _order_request(order_items[]) from public;
