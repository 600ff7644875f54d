-- requires: functions/enforce_status
create or replace trigger zz_200_enforce_initial_status
before insert on sessions
for each row
when (new.status is distinct from 'scheduled')
execute function enforce_status('tutoring.session');

comment on trigger zz_200_enforce_initial_status on sessions is
'A new row has a status that is known.';
