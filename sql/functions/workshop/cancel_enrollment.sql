-- requires: functions/_order_money, functions/lifecycle.now
-- security: the enrollment is named by its key; its seats go back to its own session.
-- Where nothing is due for what is left of an order, that is paid, as an order of 0 is.
-- Locks: the order, the session, then the enrollment; another session only where the enrollment was moved there in the
-- meantime. Where the order becomes paid, its other enrollments too, without their sessions, whose seats stay: a
-- caller that
-- holds these enrollments holds the order or one of their sessions, and asks for nothing of this call's.
create or replace function cancel_enrollment(p_enrollment_id uuid)
returns enrollments
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_session_id uuid;
    v_order_id uuid;
    v_order_status text;
    v_until timestamptz;
    v_starts_at timestamptz;
    v_enrollment enrollments;
begin
    select e.session_id, e.order_id
    into v_session_id, v_order_id
    from enrollments as e
    where e.id = p_enrollment_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'enrollment_not_found',
            message = format('there is no enrollment %s', coalesce(p_enrollment_id::text, 'null')),
            detail = e'key: enrollment_not_found\n' || 'No row of enrollments has this id.',
            hint = 'Look it up in enrollments.';
    end if;
    select o.status
    into v_order_status
    from orders as o
    where o.id = v_order_id
    for no key update;
    select s.cancel_until, s.starts_at
    into v_until, v_starts_at
    from workshop_sessions as s
    where s.id = v_session_id
    for no key update;
    select e.*
    into v_enrollment
    from enrollments as e
    where e.id = p_enrollment_id
    for no key update;
    if v_enrollment.status not in ('successful', 'pending') and v_enrollment.expires_at is null then
        return v_enrollment;
    end if;
    if v_enrollment.status in ('successful', 'pending') and (v_now > v_until or v_now >= v_starts_at) then
        raise exception using
            errcode = 'PT409',
            constraint = 'cancel_deadline_passed',
            message = format('enrollment %s can no longer be cancelled', p_enrollment_id),
            detail = e'key: cancel_deadline_passed\n' || case
                when v_now >= v_starts_at then format('The session started at %s.', v_starts_at)
                else format('That was possible until %s.', v_until)
            end,
            hint = 'Cancel or refund its order, or move workshop_sessions.cancel_until.';
    end if;
    if v_enrollment.status in ('successful', 'pending') then
        -- Not below zero, where an application inserted the enrollment and did not count it.
        update workshop_sessions as s
        set current_attendees = greatest(s.current_attendees - v_enrollment.seats, 0)
        where s.id = v_enrollment.session_id;
    end if;
    update enrollments as e
    set status = case when e.status = 'rejected' then e.status else 'cancelled' end, expires_at = null
    where e.id = p_enrollment_id
    returning e.* into v_enrollment;
    if v_order_status = 'pending'
        and exists (
            select
            from enrollments as e
            where e.order_id = v_order_id and e.status = 'pending' and coalesce(e.expires_at > v_now, true)
        )
        and not exists (
            select
            from enrollments as e
            where e.order_id = v_order_id and e.status in ('pending', 'cancelled') and e.expires_at <= v_now
        )
        and (select m.payable <= m.paid from _order_money(v_order_id) as m)
    then
        update orders as o
        set status = 'paid'
        where o.id = v_order_id;
        update enrollments as e
        set status = 'successful', expires_at = null
        where e.order_id = v_order_id and e.status = 'pending';
    end if;
    return v_enrollment;
end
$function$;

comment on function cancel_enrollment(uuid) is
'Cancels an enrollment and frees its seats, once; one that is cancelled already stays as it is. p_enrollment_id: the
enrollment. Returns its row. A hold that ran out is given up for good: paying late does not bring it back. An order
that has seats left for which nothing more is due becomes paid. Raises PT404 enrollment_not_found, PT409
cancel_deadline_passed (after cancel_until of its session, or once that has started).';

revoke all on function cancel_enrollment(uuid) from public;
grant execute on function cancel_enrollment(uuid) to sessionbook_app;
