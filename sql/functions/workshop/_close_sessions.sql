-- requires: functions/_people_to_tell, functions/_settle_order, functions/lifecycle.now
-- Orders keep their status: to give money back is for a person to decide. But nothing is to run out as unpaid for which
-- nothing is due any more.
-- Locks: the sessions in id order; then their pending orders, without waiting: the caller has locked most of them
-- before; then the enrollments and waitlist_entries of the sessions, and as _settle_order(). An order that another
-- transaction has locked is an error. If it were skipped, that transaction could update the same enrollments in the
-- order of its orders, and the two would deadlock.
create or replace function _close_sessions(p_session_ids uuid[])
returns setof cancellation_notice
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_session_ids uuid[];
    v_order_ids uuid[];
    v_order_id uuid;
begin
    v_session_ids := array(
        select s.id
        from workshop_sessions as s
        where s.id = any(p_session_ids)
        order by s.id
        for no key update
    );
    v_order_ids := array(
        select o.id
        from orders as o
        where o.status = 'pending'
            and o.id in (select e.order_id from enrollments as e where e.session_id = any(v_session_ids))
        order by o.id
        for no key update skip locked
    );
    select o.id
    into v_order_id
    from orders as o
    where o.status = 'pending'
        and o.id <> all(v_order_ids)
        and o.id in (select e.order_id from enrollments as e where e.session_id = any(v_session_ids))
    limit 1;
    if found then
        raise exception using
            errcode = '55P03',
            constraint = 'order_made_meanwhile',
            message = format('order %s was made just now, and another transaction is changing it', v_order_id),
            detail = e'key: order_made_meanwhile\n' || 'Waiting for it here could be a deadlock.',
            hint = 'Call again.';
    end if;
    return query select n.* from _people_to_tell(v_session_ids, v_now) as n;
    -- Without expires_at: holds that ran out cannot be paid late any more.
    update enrollments as e
    set status = 'cancelled', expires_at = null
    where e.session_id = any(v_session_ids)
        and (e.status in ('successful', 'pending') or e.status = 'cancelled' and e.expires_at is not null);
    update waitlist_entries as w
    set status = 'closed'
    where w.session_id = any(v_session_ids) and w.status in ('waiting', 'offered');
    update workshop_sessions as s
    set status = 'cancelled', current_attendees = 0, waiting_count = 0
    where s.id = any(v_session_ids)
        and (s.status <> 'cancelled' or s.current_attendees > 0 or s.waiting_count > 0);
    foreach v_order_id in array v_order_ids loop
        perform _settle_order(v_order_id, v_now);
    end loop;
end
$function$;

comment on function _close_sessions(uuid[]) is
'Cancels sessions with everybody in them: enrollments are cancelled, the waiting list is closed, the counter is 0.
p_session_ids: the sessions; for one that was cancelled before, those still in it. Returns the people to inform, one row
an enrollment (kind enrollment, with its order and what its seats cost) and one row a person who waited or had an offer
(kind waitlist). Raises PT409 illegal_transition if one is completed; 55P03 order_made_meanwhile, to be called again.';

revoke all on function _close_sessions(uuid[]) from public;
