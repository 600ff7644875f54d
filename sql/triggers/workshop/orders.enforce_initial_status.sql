-- requires: functions/lifecycle.enforce_status
create or replace trigger _200_enforce_initial_status
before insert on orders
for each row
when (new.status is distinct from 'pending')
execute function lifecycle.enforce_status('workshop.order');

comment on trigger _200_enforce_initial_status on orders is
'A new row has a status that is known.';
