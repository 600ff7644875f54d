-- requires: functions/record_changed_seats
create or replace trigger zz_610_record_changed_seats
after update of seats, session_id on enrollments
for each row
when (old.seats is distinct from new.seats or old.session_id is distinct from new.session_id)
execute function record_changed_seats();

comment on trigger zz_610_record_changed_seats on enrollments is
'More seats, fewer, or another session: an event.';
