-- requires: functions/enforce_status
create or replace trigger zz_200_enforce_initial_status
before insert on workshop_runs
for each row
when (new.status is distinct from 'upcoming')
execute function enforce_status('workshop.run');

comment on trigger zz_200_enforce_initial_status on workshop_runs is
'A new row has a status that is known.';
