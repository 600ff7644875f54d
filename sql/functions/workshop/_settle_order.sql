-- requires: functions/_order_money
-- If nothing more is due for what is left of an order, it is paid, as an order of 0 is.
-- Locks: the enrollments of the order, which the caller has locked, in id order and without their sessions, whose seats
-- stay: a caller that holds these enrollments holds the order, or one of their sessions and takes them in id order too.
-- It asks for nothing else of this call's.
create or replace function _settle_order(p_order_id uuid, p_now timestamptz)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    if not exists (select from orders as o where o.id = p_order_id and o.status = 'pending')
        or not exists (
            select
            from enrollments as e
            where e.order_id = p_order_id and e.status = 'pending' and coalesce(e.expires_at > p_now, true)
        )
        or exists (
            select
            from enrollments as e
            where e.order_id = p_order_id and e.status in ('pending', 'cancelled') and e.expires_at <= p_now
        )
        or (select m.payable > m.paid from _order_money(p_order_id) as m)
    then
        return;
    end if;
    update orders as o
    set status = 'paid'
    where o.id = p_order_id;
    update enrollments as e
    set status = 'successful', expires_at = null
    where e.id in (
        select p.id
        from enrollments as p
        where p.order_id = p_order_id and p.status = 'pending'
        order by p.id
        for no key update
    );
end
$function$;

comment on function _settle_order(uuid, timestamptz) is
'Lets a pending order be paid, with its enrollments, if it has seats, none of its holds ran out, and nothing more is
due. p_order_id: the order, locked by the caller (null: none); p_now: time to judge by. Returns nothing. Raises
nothing.';

revoke all on function _settle_order(uuid, timestamptz) from public;
