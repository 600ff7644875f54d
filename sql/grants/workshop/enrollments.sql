-- sessionbook_reader must not see phone numbers and addresses, nor columns that may contain them (notes, callers'
-- keys).
grant select on table enrollments to sessionbook_app;
grant insert, update, delete on table enrollments to sessionbook_writer;
grant select (
    id, workshop_id, order_id, session_id, student_name, total_price, status, status_ar, enrollment_date,
    completion_status, created_at, updated_at, seats, expires_at, order_item_id, run_booking_id
) on table enrollments to sessionbook_reader;
