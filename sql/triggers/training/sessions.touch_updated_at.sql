-- requires: functions/lifecycle.touch_updated_at
create or replace trigger _900_touch_updated_at
before update on sessions
for each row
when (old.* is distinct from new.*)
execute function lifecycle.touch_updated_at();

comment on trigger _900_touch_updated_at on sessions is 'updated_at is the time of the last real change.';
