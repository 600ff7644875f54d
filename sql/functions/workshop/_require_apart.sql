-- Days that were booked together may have no order, and no address or number that could be compared.
-- Locks: none; callers have locked the order and the session, so that no other enrollment of either comes or goes.
create or replace function _require_apart(p_enrollment enrollments, p_session_id uuid)
returns void
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_enrollment_id uuid;
begin
    -- It has its seats, or would take them again if the order is paid late.
    select e.id
    into v_enrollment_id
    from enrollments as e
    where (
            e.order_id = p_enrollment.order_id
            and e.order_item_id is not distinct from p_enrollment.order_item_id
            or e.run_booking_id = p_enrollment.run_booking_id
        )
        and e.session_id = p_session_id
        and e.id <> p_enrollment.id
        and (e.status in ('successful', 'pending') or e.status = 'cancelled' and e.expires_at is not null)
    limit 1;
    if found then
        raise exception using
            errcode = 'PT409',
            constraint = 'already_enrolled',
            message = format('enrollment %s cannot be in session %s', p_enrollment.id, p_session_id),
            detail = e'key: already_enrolled\n'
                || format('Enrollment %s of the same run booking is in that session.', v_enrollment_id),
            hint = 'Use that one, or cancel_enrollment() it first.';
    end if;
end
$function$;

comment on function _require_apart(enrollments, uuid) is
'Refuses a session that has another enrollment of the same item of an order, or of the same booking of a run.
p_enrollment: the enrollment that is to be there; p_session_id: the session; both and the order locked by the caller.
Returns nothing. Raises PT409 already_enrolled.';

revoke all on function _require_apart(enrollments, uuid) from public;
