-- requires: functions/lifecycle.enforce_status
create or replace trigger _200_enforce_status
before update on orders
for each row
when (old.status is distinct from new.status)
execute function lifecycle.enforce_status('workshop.order');

comment on trigger _200_enforce_status on orders is
'Holds status to lifecycle.status_rules.';
