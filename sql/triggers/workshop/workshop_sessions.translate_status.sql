-- requires: functions/translate_status
create or replace trigger _300_translate_status
before insert or update on workshop_sessions
for each row
execute function translate_status('session');

comment on trigger _300_translate_status on workshop_sessions is
'status_ar follows status.';
