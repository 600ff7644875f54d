-- requires: functions/enforce_status
create or replace trigger zz_200_enforce_initial_status
before insert on enrollments
for each row
when (new.status is null or new.status not in ('pending', 'successful'))
execute function enforce_status('workshop.enrollment');

comment on trigger zz_200_enforce_initial_status on enrollments is
'A new row has a status that is known.';
