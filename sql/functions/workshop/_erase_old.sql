-- requires: functions/_erase_rows, functions/lifecycle.now
-- Locks: as _erase_rows().
create or replace function _erase_old(p_limit integer)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_before constant timestamptz := (select lifecycle.now() - g.keep_personal from settings as g);
begin
    if v_before is null then
        return 0;
    end if;
    return (
        select sum(e.erased)
        from _erase_rows(
            array(
                select o.id
                from orders as o
                where o.created_at < v_before and o.customer_name <> 'erased' and not exists (
                    select
                    from enrollments as n
                    inner join workshop_sessions as s on n.session_id = s.id
                    where n.order_id = o.id and s.over_at >= v_before
                )
                limit p_limit
            ),
            array(
                select n.id
                from enrollments as n
                left join workshop_sessions as s on n.session_id = s.id
                where n.created_at < v_before and n.student_name <> 'erased' and coalesce(s.over_at < v_before, true)
                limit p_limit
            ),
            array(
                select w.id
                from waitlist_entries as w
                where w.joined_at < v_before and w.student_name <> 'erased' and w.status not in ('waiting', 'offered')
                limit p_limit
            )
        ) as e
    );
end
$function$;

comment on function _erase_old(integer) is
'Erases what identifies people from orders, enrollments and waiting list entries that are older than settings
keep_personal; of an order or enrollment its last session counts. p_limit: most rows of each table. Returns how many
were changed; 0: nothing is left to erase. Raises nothing.';

revoke all on function _erase_old(integer) from public;
