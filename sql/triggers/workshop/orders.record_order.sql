-- requires: functions/record_order
create or replace trigger zz_610_record_order
after insert on orders
for each row
execute function record_order();

comment on trigger zz_610_record_order on orders is 'Every order is an event.';
