-- requires: functions/enforce_status
create or replace trigger zz_200_enforce_status
before update on workshop_runs
for each row
when (old.status is distinct from new.status)
execute function enforce_status('workshop.run');

comment on trigger zz_200_enforce_status on workshop_runs is 'Checks status against status_rules.';
