-- requires: functions/record_enrollment
create or replace trigger zz_610_record_enrollment
after insert on enrollments
for each row
execute function record_enrollment();

comment on trigger zz_610_record_enrollment on enrollments is 'Every booking is an event.';
