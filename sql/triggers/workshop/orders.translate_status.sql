-- requires: functions/translate_status
create or replace trigger _300_translate_status
before insert or update on orders
for each row
execute function translate_status('order');

comment on trigger _300_translate_status on orders is
'status_ar follows status.';
