-- requires: functions/reseat_restored_session
create or replace trigger zz_600_reseat_restored
after update of status, is_completed on workshop_sessions
for each row
when (old.status in ('cancelled', 'completed') and new.status = 'upcoming' and new.current_attendees > 0)
execute function reseat_restored_session();

comment on trigger zz_600_reseat_restored on workshop_sessions is
'A restored session with attendees follows its seats again.';
