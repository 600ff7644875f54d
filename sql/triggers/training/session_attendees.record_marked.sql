-- requires: functions/record_attendee_event
create or replace trigger zz_610_record_marked
after update on session_attendees
for each row
when (old.status is distinct from new.status)
execute function record_attendee_event();

comment on trigger zz_610_record_marked on session_attendees is 'A mark of attendance is an event.';
