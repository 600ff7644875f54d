-- requires: functions/complete_by_flag
create or replace trigger zz_010_complete_by_flag
before insert or update of is_completed on workshop_sessions
for each row
when (new.is_completed and new.status not in ('completed', 'cancelled'))
execute function complete_by_flag();

comment on trigger zz_010_complete_by_flag on workshop_sessions is 'A session flagged as completed gets that status.';
