-- requires: functions/refuse_deletion
create or replace trigger zz_100_refuse_deletion
before delete on order_items
for each row
execute function refuse_deletion('item');

comment on trigger zz_100_refuse_deletion on order_items is 'An item with seats cannot be deleted.';
