-- requires: functions/enforce_status
create or replace trigger zz_200_enforce_initial_status
before insert on workshop_sessions
for each row
when (new.status is distinct from 'upcoming')
execute function enforce_status('workshop.session');

comment on trigger zz_200_enforce_initial_status on workshop_sessions is
'A new row has a status that is known.';
