-- requires: functions/record_session_event
create or replace trigger zz_610_record_moved
after update of session_date, start_time, end_time, timezone, starts_at, ends_at, deleted_at on sessions
for each row
when ((old.starts_at, old.ends_at, old.deleted_at) is distinct from (new.starts_at, new.ends_at, new.deleted_at))
execute function record_session_event();

comment on trigger zz_610_record_moved on sessions is 'Every move in time is an event, and deletion.';
