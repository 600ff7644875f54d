-- requires: functions/lifecycle.enforce_status
create or replace trigger _200_enforce_status
before update on workshop_runs
for each row
when (old.status is distinct from new.status)
execute function lifecycle.enforce_status('workshop.run');

comment on trigger _200_enforce_status on workshop_runs is
'Holds status to lifecycle.status_rules.';
