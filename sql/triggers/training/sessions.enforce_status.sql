-- requires: functions/enforce_status
-- A new row may have any status: the type knows no others, and imports bring sessions that took place.
create or replace trigger zz_200_enforce_status
before update of status on sessions
for each row
when (old.status is distinct from new.status)
execute function enforce_status('training.session');

comment on trigger zz_200_enforce_status on sessions is 'Checks status against status_rules.';
