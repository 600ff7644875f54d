-- requires: functions/lifecycle.touch_updated_at
create or replace trigger zz_900_touch_updated_at
before update on creators
for each row
when (
    (
        old.id, old.name, old.name_ar, old.username, old.email, old.is_active, old.created_at, old.updated_at,
        old.search_text
    ) is distinct from (
        new.id, new.name, new.name_ar, new.username, new.email, new.is_active, new.created_at, new.updated_at,
        new.search_text
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on creators is
'updated_at is the time of the last real change.';
