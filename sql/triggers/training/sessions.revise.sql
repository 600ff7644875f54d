-- requires: functions/revise_session
create or replace trigger zz_620_revise
after update on sessions
for each row
when (
    (old.start_time, old.end_time, old.trainer_id, old.venue_id, old.deleted_at)
    is distinct from (new.start_time, new.end_time, new.trainer_id, new.venue_id, new.deleted_at)
    or (old.status = 'CANCELLED') <> (new.status = 'CANCELLED')
)
execute function revise_session();

comment on trigger zz_620_revise on sessions is 'Changes that calendars have to notice increase their SEQUENCE.';
