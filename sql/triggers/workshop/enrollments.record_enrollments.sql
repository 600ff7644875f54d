-- requires: functions/record_enrollments
create or replace trigger zz_610_record_enrollments
after insert on enrollments
referencing new table as added
for each statement
execute function record_enrollments();

comment on trigger zz_610_record_enrollments on enrollments is 'Every booking is an event.';
