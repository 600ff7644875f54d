-- requires: functions/lifecycle.translate_status
create or replace trigger zz_300_translate_status
before insert or update of status, status_ar on enrollments
for each row
execute function lifecycle.translate_status('workshop.enrollment');

comment on trigger zz_300_translate_status on enrollments is
'status_ar follows status.';
