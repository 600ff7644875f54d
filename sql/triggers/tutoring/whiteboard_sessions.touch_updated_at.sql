-- requires: functions/lifecycle.touch_updated_at
-- Columns by name: an application may add some of its own, which this trigger then must not depend on. A test holds the
-- list to the table.
create or replace trigger zz_900_touch_updated_at
before update on whiteboard_sessions
for each row
when ((old.session_name, old.content) is distinct from (new.session_name, new.content))
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on whiteboard_sessions is
'updated_at is the time of the last real change.';
