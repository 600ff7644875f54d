-- requires: functions/enforce_status
-- If a statement moves the seats too, upcoming, active and full follow these; what it says of them is ignored.
create or replace trigger zz_050_enforce_status
before update of status on workshop_sessions
for each row
when (
    old.status is distinct from new.status
    and not (
        (old.current_attendees, old.max_attendees) is distinct from (new.current_attendees, new.max_attendees)
        and old.status in ('upcoming', 'active', 'full')
        and new.status in ('upcoming', 'active', 'full')
    )
)
execute function enforce_status('workshop.session');

comment on trigger zz_050_enforce_status on workshop_sessions is 'Checks status against status_rules.';
