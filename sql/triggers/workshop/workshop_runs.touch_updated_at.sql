-- requires: functions/lifecycle.touch_updated_at
create or replace trigger zz_900_touch_updated_at
before update on workshop_runs
for each row
when (
    (
        old.id, old.workshop_id, old.run_name, old.run_name_ar, old.start_date, old.end_date, old.status,
        old.created_at, old.updated_at, old.is_default, old.idempotency_key, old.idempotency_request, old.price
    ) is distinct from (
        new.id, new.workshop_id, new.run_name, new.run_name_ar, new.start_date, new.end_date, new.status,
        new.created_at, new.updated_at, new.is_default, new.idempotency_key, new.idempotency_request, new.price
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on workshop_runs is
'updated_at is the time of the last real change.';
