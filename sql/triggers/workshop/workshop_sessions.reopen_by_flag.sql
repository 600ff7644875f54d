-- requires: functions/complete_by_flag, functions/lifecycle.now
create or replace trigger zz_020_reopen_by_flag
before update of is_completed on workshop_sessions
for each row
when (
    old.status = 'completed'
    and new.status = 'completed'
    and not new.is_completed
    -- Otherwise the clock would complete it again.
    and new.over_at > lifecycle.now()
)
execute function complete_by_flag();

comment on trigger zz_020_reopen_by_flag on workshop_sessions is
'A session that is still to come is open again if the flag is taken back.';
