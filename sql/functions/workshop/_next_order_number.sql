-- Locks: the creator's row of order_counters, until the caller commits: orders of one creator are numbered one after
-- the other, and a number whose order is rolled back is given to the next.
create or replace function _next_order_number(p_creator_id uuid)
returns text
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
declare
    v_number bigint;
    v_order_number text;
    v_for_all boolean;
begin
    loop
        update order_counters as c
        set last_number = c.last_number + 1
        where c.creator_id = p_creator_id
        returning c.last_number, (select s.order_numbers = 'all' from settings as s)
        into v_number, v_for_all;
        if not found then
            insert into order_counters as c (creator_id, last_number)
            select p_creator_id, coalesce(max(o.order_number::bigint), 0) + 1
            from orders as o
            where o.creator_id = p_creator_id and o.order_number ~ '^[0-9]{1,18}$'
            -- Another transaction made the counter at the same moment.
            on conflict (creator_id) do update set last_number = c.last_number + 1
            returning c.last_number, (select s.order_numbers = 'all' from settings as s)
            into v_number, v_for_all;
        end if;
        v_order_number := lpad(v_number::text, greatest(6, length(v_number::text)), '0');
        -- The application may have used the number itself.
        if v_for_all then
            exit when not exists (select from orders as o where o.order_number = v_order_number);
        else
            exit when not exists (
                select
                from orders as o
                where o.creator_id = p_creator_id and o.order_number = v_order_number
            );
        end if;
    end loop;
    return v_order_number;
end
$function$;

comment on function _next_order_number(uuid) is
'The next order number of a creator: six digits, more if they run out; the first is one above the greatest number there
is. If settings.order_numbers says all, numbers that any creator has used are skipped. p_creator_id: who sells. Returns
text such as 000001. Raises nothing of its own.';

revoke all on function _next_order_number(uuid) from public;
