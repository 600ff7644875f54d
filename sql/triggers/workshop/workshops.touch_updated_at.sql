-- requires: functions/lifecycle.touch_updated_at
create or replace trigger zz_900_touch_updated_at
before update on workshops
for each row
when (
    (
        old.id, old.creator_id, old.name, old.title, old.title_ar, old.description, old.description_ar,
        old.price, old.currency, old.duration, old.max_students, old.status, old.is_active, old.is_free,
        old.is_recurring, old.recurrence_type, old.workshop_type, old.sort_order, old.created_at,
        old.updated_at, old.search_text
    ) is distinct from (
        new.id, new.creator_id, new.name, new.title, new.title_ar, new.description, new.description_ar,
        new.price, new.currency, new.duration, new.max_students, new.status, new.is_active, new.is_free,
        new.is_recurring, new.recurrence_type, new.workshop_type, new.sort_order, new.created_at,
        new.updated_at, new.search_text
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on workshops is
'updated_at is the time of the last real change.';
