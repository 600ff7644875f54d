-- Runs are booked as a whole, at a price of their own.
-- depends: 0013_reading
--
-- Why:      a course of several evenings is one booking: seats in all of its sessions or in none, and one price.
-- Locks:    access exclusive on workshop_runs and enrollments for the length of the transaction; nothing is rewritten.
-- Data:     none. Runs cost what their workshop costs.
-- Rollback: 0014_run_bookings.rollback.sql drops prices of runs, and what says that seats were booked together.
alter table workshop_runs
add column price numeric(10, 3),
add constraint workshop_runs_price_check check (price >= 0 and price <> 'NaN');
comment on column workshop_runs.price is
'Price of one seat in all sessions of the run, in units of the workshop''s currency; null: the workshop''s price.';

alter table enrollments add column run_booking_id uuid;
comment on column enrollments.run_booking_id is
'The same in all rows of one booking of a whole run; null: the session was booked alone.';
create index enrollments_run_booking_id_idx on enrollments (run_booking_id)
where run_booking_id is not null;
