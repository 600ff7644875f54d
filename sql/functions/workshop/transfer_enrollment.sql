-- requires: functions/_change_booking, functions/_lock_bookable_session, functions/_lock_enrollment
-- requires: functions/_require_active, functions/_require_amount, functions/_require_apart
-- requires: functions/_require_cancellable, functions/_require_new_student, functions/_take_seats
-- requires: functions/workshops_on_sale, functions/lifecycle.now
-- security: both are named by their keys; seats, price and currency come from our tables.
-- Locks: the order, both sessions in id order, then the enrollment; then as _take_seats() and _offer_seats(). Two that
-- cross meet at the first of their sessions.
create or replace function transfer_enrollment(
    p_enrollment_id uuid,
    p_session_id uuid,
    p_expected_updated_at timestamptz default null
)
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
    v_session workshop_sessions;
    v_old record;
    v_new record;
    v_price numeric;
begin
    v_enrollment := _lock_enrollment(p_enrollment_id, p_expected_updated_at, p_session_id);
    if v_enrollment.session_id = p_session_id then
        return v_enrollment;
    end if;
    perform _require_active(v_enrollment, v_now);
    perform _require_cancellable(p_enrollment_id, v_enrollment.session_id, v_now);
    v_session := _lock_bookable_session(p_session_id, v_now);
    v_price := v_enrollment.total_price;
    -- Within a workshop the price stays as it was booked.
    if v_session.workshop_id <> v_enrollment.workshop_id then
        select w.creator_id, w.currency
        into v_old
        from workshops as w
        where w.id = v_enrollment.workshop_id;
        select w.creator_id, w.currency, w.seat_price
        into v_new
        from workshops_on_sale() as w
        where w.workshop_id = v_session.workshop_id;
        if (v_old.creator_id, v_old.currency) is distinct from (v_new.creator_id, v_new.currency) then
            raise exception using
                errcode = 'PT409',
                constraint = 'other_shop',
                message = format('enrollment %s cannot move to session %s', p_enrollment_id, p_session_id),
                detail = e'key: other_shop\n' || 'That session is of another creator, or sold in another currency.',
                hint = 'Cancel it, and book the other session.';
        end if;
        v_price := _require_amount(v_new.seat_price * v_enrollment.seats);
    end if;
    if v_enrollment.order_id is null then
        perform _require_new_student(p_session_id, v_enrollment.student_email, v_enrollment.student_phone, v_now);
    end if;
    perform _require_apart(v_enrollment, p_session_id);
    perform _take_seats(p_session_id, v_enrollment.seats);
    -- Not below zero, if an application inserted the enrollment and did not count it.
    update workshop_sessions as s
    set current_attendees = greatest(s.current_attendees - v_enrollment.seats, 0)
    where s.id = v_enrollment.session_id;
    return _change_booking(v_enrollment, p_session_id, v_enrollment.seats, v_price, v_now);
end
$function$;

comment on function transfer_enrollment(uuid, uuid, timestamptz) is
'Moves an enrollment to another session, with its seats and its price, or changes nothing. Within a workshop the price
stays as it was booked; another workshop costs its present price, and order_balance shows what is due or to be refunded.
The seats that become free go to the next in line. p_enrollment_id: the enrollment; p_session_id: the session to move
to; p_expected_updated_at: updated_at of the enrollment that the caller has seen (null: not checked). Returns its row of
enrollments; the same call again changes nothing. Raises PT400 amount_too_large, PT404 enrollment_not_found, PT404
session_not_found, PT409 enrollment_not_active, PT409 cancel_deadline_passed (of the session that it leaves), PT409
session_closed, PT409 session_full, PT409 already_enrolled, PT409 other_shop (another creator or currency), PT409
changed_meanwhile; 55P03 session_moved_meanwhile (call it again).';

revoke all on function transfer_enrollment(uuid, uuid, timestamptz) from public;
grant execute on function transfer_enrollment(uuid, uuid, timestamptz) to sessionbook_app;
