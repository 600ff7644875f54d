-- security: the application decides who may see an order; the order is named by its key.
-- Volatile, so that it sees what the same statement has just written: a join with the table would not.
-- Locks: none.
create or replace function order_enrollments(p_order_id uuid)
returns setof enrollments
language sql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
    select e.*
    from enrollments as e
    where e.order_id = p_order_id
    order by e.session_id, e.enrollment_date, e.id;
$function$;

comment on function order_enrollments(uuid) is
'The enrollments of an order, even of one that the same statement makes: select e.* from create_order(...) as o cross
join order_enrollments(o.id) as e. p_order_id: the order. Returns its rows of enrollments, one for each session and
item, cancelled ones too; none if there is no such order. Raises nothing.';

revoke all on function order_enrollments(uuid) from public;
grant execute on function order_enrollments(uuid) to sessionbook_app;
