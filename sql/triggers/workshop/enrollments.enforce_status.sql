-- requires: functions/enforce_status
create or replace trigger zz_200_enforce_status
before update of status on enrollments
for each row
when (old.status is distinct from new.status)
execute function enforce_status('workshop.enrollment');

comment on trigger zz_200_enforce_status on enrollments is 'Checks status against status_rules.';
