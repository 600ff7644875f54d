-- requires: functions/refuse_deletion
create or replace trigger zz_100_refuse_deletion
before delete on orders
for each row
execute function refuse_deletion('order');

comment on trigger zz_100_refuse_deletion on orders is 'An order with seats cannot be deleted.';
