-- requires: functions/record_status_change
create or replace trigger zz_500_record_status_change
after update on enrollments
for each row
when (old.status is distinct from new.status)
execute function record_status_change('workshop.enrollment');

comment on trigger zz_500_record_status_change on enrollments is
'Every change of the status is recorded in status_changes.';
