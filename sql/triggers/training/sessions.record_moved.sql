-- requires: functions/record_session_event
create or replace trigger zz_610_record_moved
after update on sessions
for each row
when (
    (old.start_time, old.end_time, old.trainer_id, old.venue_id, old.deleted_at)
    is distinct from (new.start_time, new.end_time, new.trainer_id, new.venue_id, new.deleted_at)
)
execute function record_session_event();

comment on trigger zz_610_record_moved on sessions is 'Another time, trainer or venue, and deletion: an event.';
