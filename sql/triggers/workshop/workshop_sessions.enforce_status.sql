-- requires: functions/lifecycle.enforce_status
-- Not "update of status": the seat counter moves it without naming it.
create or replace trigger _200_enforce_status
before update on workshop_sessions
for each row
when (old.status is distinct from new.status)
execute function lifecycle.enforce_status('workshop.session');

comment on trigger _200_enforce_status on workshop_sessions is
'Holds status to lifecycle.status_rules.';
