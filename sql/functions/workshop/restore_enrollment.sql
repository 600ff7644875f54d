-- requires: functions/_lock_bookable_session, functions/_lock_enrollment, functions/_order_money
-- requires: functions/_require_apart, functions/_require_new_student, functions/_require_written
-- requires: functions/_settle_order, functions/_take_seats, functions/lifecycle.now
-- security: the enrollment is named by its key; its seats are those of its own session, as its order allows.
-- Locks: as _lock_enrollment(), then as _settle_order().
create or replace function restore_enrollment(p_enrollment_id uuid, p_expected_updated_at timestamptz default null)
returns enrollments
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_enrollment enrollments;
    v_order_status text;
    v_expires_at timestamptz;
    v_starts_at timestamptz;
    v_money record;
begin
    v_enrollment := _lock_enrollment(p_enrollment_id, p_expected_updated_at);
    select o.status, o.expires_at
    into v_order_status, v_expires_at
    from orders as o
    where o.id = v_enrollment.order_id;
    if v_enrollment.status = 'successful'
        or v_enrollment.status = 'pending' and coalesce(v_enrollment.expires_at > v_now, true)
    then
        return v_enrollment;
    end if;
    if v_order_status in ('cancelled', 'refunded') then
        raise exception using
            errcode = 'PT409',
            constraint = 'order_closed',
            message = format('enrollment %s cannot be restored: its order is closed', p_enrollment_id),
            detail = e'key: order_closed\n' || format('Order %s is %s.', v_enrollment.order_id, v_order_status),
            hint = 'Make a new order, or enroll() the student.';
    end if;
    -- In a paid order, a seat that was not paid for, or that was refunded, cannot be restored.
    if v_order_status = 'paid' and v_enrollment.expires_at is null then
        select m.payable + v_enrollment.total_price as due, m.paid
        into v_money
        from _order_money(v_enrollment.order_id) as m;
        if v_money.due > v_money.paid then
            raise exception using
                errcode = 'PT409',
                constraint = 'payment_due',
                message = format('enrollment %s is not paid', p_enrollment_id),
                detail = e'key: payment_due\n'
                    || format('With this seat %s is due for its order, and %s is paid.', v_money.due, v_money.paid),
                hint = 'Call record_payment() for the difference first, or enroll() the student.';
        end if;
    end if;
    v_starts_at := (_lock_bookable_session(v_enrollment.session_id, v_now)).starts_at;
    if v_enrollment.order_id is null then
        perform _require_new_student(
            v_enrollment.session_id, v_enrollment.student_email, v_enrollment.student_phone, v_now
        );
    end if;
    perform _require_apart(v_enrollment, v_enrollment.session_id);
    -- A hold that ran out is still in the counter until somebody collects it.
    perform _take_seats(
        v_enrollment.session_id, case v_enrollment.status when 'pending' then 0 else v_enrollment.seats end
    );
    update enrollments as e
    set status = case v_order_status when 'pending' then 'pending' else 'successful' end,
        -- No hold can be paid once the session has begun.
        expires_at = case
            when v_order_status = 'pending'
                then least(case when v_expires_at > v_now then v_expires_at end, v_starts_at)
        end
    where e.id = p_enrollment_id;
    if not found then
        perform _require_written('enrollments', 0, 1);
    end if;
    perform _settle_order(v_enrollment.order_id, v_now);
    select e.*
    into v_enrollment
    from enrollments as e
    where e.id = p_enrollment_id;
    return v_enrollment;
end
$function$;

comment on function restore_enrollment(uuid, timestamptz) is
'Takes the seats of a cancelled or rejected enrollment again; an active one stays as it is. p_enrollment_id: the
enrollment; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row:
successful; pending if its order is, held as long as the order, or until the session starts if that hold has ended. A
pending order for which nothing more is due becomes paid. Raises PT404 enrollment_not_found, PT404 session_not_found,
PT409 order_closed, PT409 payment_due (its order is paid, but this seat was not paid for or was refunded), PT409
session_closed, PT409 session_full, PT409 already_enrolled, PT409 changed_meanwhile; 55P03 session_moved_meanwhile(call
it again).';

revoke all on function restore_enrollment(uuid, timestamptz) from public;
grant execute on function restore_enrollment(uuid, timestamptz) to sessionbook_app;
