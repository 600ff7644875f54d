-- requires: functions/enforce_status
-- Start and end are free to clock and person alike, so there is nothing to look up for the moves that a tick makes by
-- the thousand. A test holds the two to the rules. On every update, not only of status: an application's own trigger,
-- which fires before this one, may have changed it.
create or replace trigger zz_200_enforce_status
before update on sessions
for each row
when (
    old.status is distinct from new.status
    and not (old.status = 'scheduled' and new.status = 'in_progress')
    and not (old.status = 'in_progress' and new.status = 'completed')
)
execute function enforce_status('tutoring.session');

comment on trigger zz_200_enforce_status on sessions is 'Checks status against status_rules.';
