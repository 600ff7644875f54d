-- requires: functions/record_status_change
create or replace trigger zz_500_record_status_change
after update on workshop_runs
for each row
when (old.status is distinct from new.status)
execute function record_status_change('workshop.run');

comment on trigger zz_500_record_status_change on workshop_runs is
'Every change of the status is recorded in status_changes.';
