-- requires: functions/enforce_status
create or replace trigger zz_200_enforce_status
before update on orders
for each row
when (old.status is distinct from new.status)
execute function enforce_status('workshop.order');

comment on trigger zz_200_enforce_status on orders is 'Checks status against status_rules.';
