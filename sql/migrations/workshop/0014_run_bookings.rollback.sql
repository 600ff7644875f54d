drop index enrollments_run_booking_id_idx;
alter table enrollments drop column run_booking_id;
alter table workshop_runs
drop constraint workshop_runs_price_check,
drop column price;
