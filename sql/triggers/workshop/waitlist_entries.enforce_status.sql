-- requires: functions/lifecycle.enforce_status
create or replace trigger _200_enforce_status
before update of status on waitlist_entries
for each row
when (old.status is distinct from new.status)
execute function lifecycle.enforce_status('workshop.waitlist');

comment on trigger _200_enforce_status on waitlist_entries is
'Holds status to lifecycle.status_rules: who has redeemed an offer, or let it run out, never gets it back.';
