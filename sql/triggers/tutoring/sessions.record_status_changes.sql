-- requires: functions/record_status_changes
create or replace trigger _500_record_status_changes
after update on sessions
referencing old table as before new table as after -- noqa: LT01
for each statement
execute function record_status_changes();

comment on trigger _500_record_status_changes on sessions is
'Every move of the status lands in status_changes.';
