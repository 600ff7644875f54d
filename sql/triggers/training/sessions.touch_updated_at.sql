-- requires: functions/lifecycle.touch_updated_at
-- Columns that an application added are its own: what they hold may be neither comparable nor readable here.
create or replace trigger zz_900_touch_updated_at
before update on sessions
for each row
when (
    (
        old.id, old.course_id, old.trainer_id, old.venue_id, old.start_time, old.end_time,
        old.status, old.trainer_buffer_before, old.trainer_buffer_after, old.venue_buffer_before,
        old.venue_buffer_after, old.accepted_conflict, old.created_by_id, old.created_at, old.updated_at,
        old.deleted_at, old.idempotency_key, old.idempotency_request
    )
    is distinct from
    (
        new.id, new.course_id, new.trainer_id, new.venue_id, new.start_time, new.end_time,
        new.status, new.trainer_buffer_before, new.trainer_buffer_after, new.venue_buffer_before,
        new.venue_buffer_after, new.accepted_conflict, new.created_by_id, new.created_at, new.updated_at,
        new.deleted_at, new.idempotency_key, new.idempotency_request
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on sessions is 'updated_at is the time of the last real change.';
