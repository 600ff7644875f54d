-- requires: functions/record_payment_event
create or replace trigger zz_610_record_payment_event
after insert on payments
for each row
execute function record_payment_event();

comment on trigger zz_610_record_payment_event on payments is 'Every payment and refund is an event.';
