-- requires: functions/lifecycle.phone_key, functions/lifecycle.now
-- security: the reader may know that there are two, but not the address or number that they share. Only keys are
-- returned.
-- It compares enrollments without an order, and those within one item of an order: somebody who buys twice may bring
-- another person.
-- Locks: none.
create or replace function double_enrollments(p_also_over boolean)
returns table (session_id uuid, first_id uuid, second_id uuid)
language sql
stable
security definer
parallel restricted
set search_path from current
as $function$
    with active as (
        select
            e.id,
            e.session_id,
            e.order_id,
            e.order_item_id,
            lower(e.student_email collate "C") as email,
            nullif(lifecycle.phone_key(e.student_phone), '') as phone
        from workshop_sessions as s
        -- A separate subquery, so that the enrollments of each session are looked up by index: otherwise all would be
        -- read.
        cross join lateral (
            select
                x.id,
                x.session_id,
                x.order_id,
                x.order_item_id,
                x.student_email,
                x.student_phone,
                x.status,
                x.expires_at
            from enrollments as x
            where x.session_id = s.id
            offset 0
        ) as e
        where (p_also_over or s.over_at > (select lifecycle.now()))
            and (
                e.status = 'successful'
                or e.status = 'pending' and coalesce(e.expires_at > (select lifecycle.now()), true)
            )
    )
    select a.session_id, a.id, b.id
    from active as a
    inner join active as b on a.session_id = b.session_id and a.email = b.email
    where a.id < b.id and (a.order_id, a.order_item_id) is not distinct from (b.order_id, b.order_item_id)
    union all
    select a.session_id, a.id, b.id
    from active as a
    inner join active as b on a.session_id = b.session_id and b.phone = a.phone
    where a.id < b.id
        and (a.order_id, a.order_item_id) is not distinct from (b.order_id, b.order_item_id)
        and (a.email is null or b.email is null);
$function$;

comment on function double_enrollments(boolean) is
'Pairs of active enrollments of the same student in one session, by the rule of enroll(), for audit_seats().
p_also_over: also of sessions that are over. Returns session_id and the keys of both. Raises nothing.';

revoke all on function double_enrollments(boolean) from public;
grant execute on function double_enrollments(boolean) to sessionbook_app, sessionbook_reader;
