-- requires: functions/lifecycle.touch_updated_at
create or replace trigger zz_900_touch_updated_at
before update on workshop_runs
for each row
when (old.* is distinct from new.*)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on workshop_runs is
'updated_at is the time of the last real change.';
