-- requires: functions/mirror_completion
create or replace trigger zz_310_mirror_completion
before insert or update of status, is_completed on workshop_sessions
for each row
when (new.is_completed is distinct from (new.status = 'completed'))
execute function mirror_completion();

comment on trigger zz_310_mirror_completion on workshop_sessions is
'is_completed is true exactly when status is completed.';
