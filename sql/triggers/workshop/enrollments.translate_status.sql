-- requires: functions/translate_status
create or replace trigger _300_translate_status
before insert or update on enrollments
for each row
execute function translate_status('enrollment');

comment on trigger _300_translate_status on enrollments is
'status_ar follows status.';
