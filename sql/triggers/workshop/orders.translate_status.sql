-- requires: functions/lifecycle.translate_status
create or replace trigger zz_300_translate_status
before insert or update of status, status_ar on orders
for each row
execute function lifecycle.translate_status('workshop.order');

comment on trigger zz_300_translate_status on orders is
'status_ar follows status.';
