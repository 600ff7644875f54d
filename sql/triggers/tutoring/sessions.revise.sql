-- requires: functions/revise_session
create or replace trigger zz_620_revise
after update on sessions
for each row
when (
    (old.starts_at, old.ends_at, old.location, old.enrolled_courses_id, old.deleted_at)
    is distinct from (new.starts_at, new.ends_at, new.location, new.enrolled_courses_id, new.deleted_at)
    or (coalesce(old.status, '') in ('cancelled', 'no_show')) <> (coalesce(new.status, '') in ('cancelled', 'no_show'))
)
execute function revise_session();

comment on trigger zz_620_revise on sessions is 'Changes that calendars have to notice increase their SEQUENCE.';
