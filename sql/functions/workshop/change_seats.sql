-- requires: functions/_change_booking, functions/_lock_bookable_session, functions/_lock_enrollment
-- requires: functions/_require_active, functions/_require_amount, functions/_require_cancellable
-- requires: functions/_require_seats, functions/_take_seats, functions/lifecycle.now
-- security: the enrollment is named by its key; what a seat costs comes from our tables.
-- Locks: as _lock_enrollment(); then as _take_seats() or _offer_seats().
create or replace function change_seats(
    p_enrollment_id uuid,
    p_seats integer,
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
    v_price numeric;
begin
    perform _require_seats(p_seats);
    v_enrollment := _lock_enrollment(p_enrollment_id, p_expected_updated_at);
    perform _require_active(v_enrollment, v_now);
    if v_enrollment.seats = p_seats then
        return v_enrollment;
    end if;
    v_price := _require_amount(round(v_enrollment.total_price::numeric / v_enrollment.seats * p_seats, 3));
    if p_seats > v_enrollment.seats then
        perform _lock_bookable_session(v_enrollment.session_id, v_now);
        perform _take_seats(v_enrollment.session_id, p_seats - v_enrollment.seats);
    else
        perform _require_cancellable(p_enrollment_id, v_enrollment.session_id, v_now);
        update workshop_sessions as s
        set current_attendees = greatest(s.current_attendees - (v_enrollment.seats - p_seats), 0)
        where s.id = v_enrollment.session_id;
    end if;
    return _change_booking(v_enrollment, v_enrollment.session_id, p_seats, v_price, v_now);
end
$function$;

comment on function change_seats(uuid, integer, timestamptz) is
'Changes the seats of an enrollment. More seats are taken as by enroll(), at the price that was booked; order_balance
shows what is due then, even if the order was paid. Fewer seats: the rest go to the next in line, less is due, and
order_balance shows what is to be refunded. p_enrollment_id: the enrollment; p_seats: the new number of seats, 1 to
10000; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row of
enrollments. Raises PT400 seats_not_positive, PT400 too_many, PT400 amount_too_large, PT404 enrollment_not_found, PT409
enrollment_not_active, PT409 cancel_deadline_passed (fewer seats), PT409 session_closed (more seats, or a trigger
prevented the update), PT409 session_full (more seats), PT409 changed_meanwhile; 55P03 session_moved_meanwhile(call it
again).';

revoke all on function change_seats(uuid, integer, timestamptz) from public;
grant execute on function change_seats(uuid, integer, timestamptz) to sessionbook_app;
