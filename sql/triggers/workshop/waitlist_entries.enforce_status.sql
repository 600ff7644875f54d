-- requires: functions/enforce_status
create or replace trigger zz_200_enforce_status
before update of status on waitlist_entries
for each row
when (old.status is distinct from new.status)
execute function enforce_status('workshop.waitlist');

comment on trigger zz_200_enforce_status on waitlist_entries is
'Checks status against status_rules: an offer that was used or ran out is never restored.';
