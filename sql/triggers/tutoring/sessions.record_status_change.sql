-- requires: functions/record_status_change
create or replace trigger zz_500_record_status_change
after update on sessions
for each row
when (old.status is distinct from new.status)
execute function record_status_change('tutoring.session');

comment on trigger zz_500_record_status_change on sessions is
'Every change of the status that the clock did not make is recorded in status_changes.';
