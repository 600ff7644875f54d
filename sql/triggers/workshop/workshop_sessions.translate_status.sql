-- requires: functions/lifecycle.translate_status
-- Not on insert: there derive_session_status() sets it.
create or replace trigger zz_300_translate_status
before update of status, status_ar, is_completed on workshop_sessions
for each row
execute function lifecycle.translate_status('workshop.session');

comment on trigger zz_300_translate_status on workshop_sessions is
'status_ar follows status.';
