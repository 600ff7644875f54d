-- requires: functions/enforce_status
create or replace trigger zz_200_enforce_initial_status
before insert on orders
for each row
when (new.status is distinct from 'pending')
execute function enforce_status('workshop.order');

comment on trigger zz_200_enforce_initial_status on orders is
'A new row has a status that is known.';
