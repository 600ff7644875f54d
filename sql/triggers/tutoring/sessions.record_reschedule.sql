-- requires: functions/record_reschedule
create or replace trigger zz_510_record_reschedule
after update on sessions
for each row
when ((old.starts_at, old.ends_at) is distinct from (new.starts_at, new.ends_at))
execute function record_reschedule();

comment on trigger zz_510_record_reschedule on sessions is 'Every move in time is recorded in reschedules.';
