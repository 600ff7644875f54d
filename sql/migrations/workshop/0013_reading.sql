-- Orders are found by their number, bookings by the person who made them.
-- depends: 0012_payments
--
-- Why:      track_order() and my_bookings() answer from an index.
-- Locks:    share on orders and enrollments while the indexes are built.
-- Data:     none.
-- Rollback: 0013_reading.rollback.sql drops the indexes.
create index orders_order_number_idx on orders (order_number);
create index enrollments_student_email_idx on enrollments (lower(student_email));
-- Written out as phone_key() is, which is inlined.
create index enrollments_student_phone_idx on enrollments (
    ltrim(
        regexp_replace(
            translate(student_phone, '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', '01234567890123456789'), '[^0-9]+', '', 'g'
        ),
        '0'
    )
);
