-- requires: functions/_bookable_sessions, functions/_run_items
-- Locks: none; the booking call locks what was chosen, and may find it taken.
create or replace function _choose_sessions(p_items order_items[], p_now timestamptz)
returns order_items[]
language plpgsql
stable
security invoker
parallel unsafe
as $function$
declare
    v_items order_items[] := p_items;
    v_item order_items;
    v_is_whole boolean := false;
begin
    foreach v_item in array p_items loop
        v_is_whole := v_is_whole or v_item.run_id is not null and v_item.session_id is null;
    end loop;
    -- A whole run becomes its sessions. They come last, by which callers know them.
    if v_is_whole then
        v_items := array(
            select i
            from unnest(p_items) as i
            where i.run_id is null or i.session_id is not null
        ) || array(
            select r
            from unnest(p_items) as i
            cross join lateral _run_items(i.run_id, i.quantity, p_now) as r
            where i.run_id is not null and i.session_id is null
        );
    end if;
    for v_place in 1 .. cardinality(v_items) loop
        if v_items[v_place].session_id is null then
            v_items[v_place].session_id := (
                select b.id
                from _bookable_sessions(v_items[v_place].workshop_id, v_items[v_place].quantity, p_now) as b
                cross join lateral (
                    select coalesce(sum(i.quantity), 0) as seats
                    from unnest(v_items) as i
                    where i.session_id = b.id
                ) as others
                -- Room for the other items of the order as well.
                where others.seats = 0
                    or b.id in (
                        select m.id
                        from _bookable_sessions(
                            b.workshop_id, least(v_items[v_place].quantity + others.seats, 2147483647)::integer, p_now
                        ) as m
                    )
                order by b.starts_at, b.session_number, b.id
                limit 1
            );
        end if;
    end loop;
    return v_items;
end
$function$;

comment on function _choose_sessions(order_items[], timestamptz) is
'Gives each item of an order that names no session the soonest one of its workshop that takes the quantity, and puts the
sessions of a run in the place of an item that names a whole one. p_items: the items; p_now: time to judge by. Returns
them; session_id stays null if there is none. Raises what _run_items() raises.';

revoke all on function _choose_sessions(order_items[], timestamptz) from public;
