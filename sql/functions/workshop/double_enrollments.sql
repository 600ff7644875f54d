-- requires: functions/lifecycle.phone_key, functions/lifecycle.now
-- security: the reader may know that there are two, and not the address or number that they have in common. No
-- arguments, and only keys come out.
-- Looked for among enrollments without an order, and within one item of an order: who buys twice may bring somebody
-- along.
-- Locks: none.
create or replace function double_enrollments()
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
        from enrollments as e
        where e.status = 'successful' or e.status = 'pending' and coalesce(e.expires_at > lifecycle.now(), true)
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

comment on function double_enrollments() is
'Pairs of active enrollments of one student in one session, by the rule of enroll(), for seat_audit. No arguments.
Returns session_id and the keys of both. Raises nothing.';

revoke all on function double_enrollments() from public;
grant execute on function double_enrollments() to sessionbook_app, sessionbook_reader;
