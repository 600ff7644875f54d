-- requires: functions/record_waiting
create or replace trigger zz_610_record_waiting
after insert on waitlist_entries
for each row
execute function record_waiting();

comment on trigger zz_610_record_waiting on waitlist_entries is 'Every new waiting list entry is an event.';
