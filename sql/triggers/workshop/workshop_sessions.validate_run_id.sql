-- requires: functions/validate_session_run_id
create or replace trigger zz_120_validate_run_id
before insert or update of run_id, workshop_id on workshop_sessions
for each row
when (new.run_id is not null)
execute function validate_session_run_id();

comment on trigger zz_120_validate_run_id on workshop_sessions is
'The run must be of the session''s own workshop.';
