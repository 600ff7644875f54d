-- requires: functions/record_status_events
create or replace trigger zz_600_record_events
after insert on status_changes
referencing new table as added
for each statement
execute function record_status_events();

comment on trigger zz_600_record_events on status_changes is 'Every change of a status is an event.';
