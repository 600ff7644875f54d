-- requires: functions/record_session_event
create or replace trigger zz_610_record_created
after insert on workshop_sessions
for each row
execute function record_session_event();

comment on trigger zz_610_record_created on workshop_sessions is 'Every session is an event.';
