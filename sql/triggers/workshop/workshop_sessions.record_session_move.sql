-- requires: functions/record_session_move
create or replace trigger zz_500_record_session_move
after update on workshop_sessions
for each row
when (old.status is distinct from new.status)
execute function record_session_move();

comment on trigger zz_500_record_session_move on workshop_sessions is
'Every change of the status is recorded in status_changes, and the run in stale_runs.';
