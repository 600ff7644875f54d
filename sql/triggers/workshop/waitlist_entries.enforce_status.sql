-- requires: functions/enforce_status
create or replace trigger zz_200_enforce_status
before update of status on waitlist_entries
for each row
when (old.status is distinct from new.status)
execute function enforce_status('workshop.waitlist');

comment on trigger zz_200_enforce_status on waitlist_entries is
'Holds status to status_rules: who has redeemed an offer, or let it run out, never gets it back.';
