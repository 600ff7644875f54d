-- requires: functions/lifecycle.touch_updated_at
create or replace trigger zz_900_touch_updated_at
before update on enrollments
for each row
when (
    (
        old.id, old.workshop_id, old.order_id, old.student_name, old.student_email, old.student_phone,
        old.total_price, old.status, old.status_ar, old.enrollment_date, old.completion_status, old.notes,
        old.created_at, old.updated_at, old.session_id, old.seats, old.expires_at, old.idempotency_key,
        old.order_item_id, old.run_booking_id
    ) is distinct from (
        new.id, new.workshop_id, new.order_id, new.student_name, new.student_email, new.student_phone,
        new.total_price, new.status, new.status_ar, new.enrollment_date, new.completion_status, new.notes,
        new.created_at, new.updated_at, new.session_id, new.seats, new.expires_at, new.idempotency_key,
        new.order_item_id, new.run_booking_id
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on enrollments is
'updated_at is the time of the last real change.';
