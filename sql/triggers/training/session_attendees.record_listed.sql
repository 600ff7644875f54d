-- requires: functions/record_attendee_event
create or replace trigger zz_610_record_listed
after insert or delete on session_attendees
for each row
execute function record_attendee_event();

comment on trigger zz_610_record_listed on session_attendees is
'Every addition to a list and every removal is an event.';
