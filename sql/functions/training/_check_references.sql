-- requires: functions/lifecycle.shown
-- The foreign keys hold without it, but they know nothing of soft-deleted rows, and their errors have no hint.
create or replace function _check_references(
    p_course_id text,
    p_trainer_id text,
    p_venue_id text
)
returns void
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
begin
    if p_course_id is not null
        and not exists (select from courses as c where c.id = p_course_id and c.deleted_at is null)
    then
        raise exception using
            errcode = 'PT404',
            constraint = 'course_not_found',
            message = format('there is no course %s', lifecycle.shown(p_course_id)),
            detail = e'key: course_not_found\n' || 'No row of courses has this id, or it is soft-deleted.',
            hint = 'Look it up in courses.';
    end if;
    if p_trainer_id is not null
        and not exists (select from trainers as t where t.id = p_trainer_id and t.deleted_at is null)
    then
        raise exception using
            errcode = 'PT404',
            constraint = 'trainer_not_found',
            message = format('there is no trainer %s', lifecycle.shown(p_trainer_id)),
            detail = e'key: trainer_not_found\n' || 'No row of trainers has this id, or it is soft-deleted.',
            hint = 'list_trainers() returns those who can be booked.';
    end if;
    if p_venue_id is not null
        and not exists (select from venues as v where v.id = p_venue_id and v.deleted_at is null)
    then
        raise exception using
            errcode = 'PT404',
            constraint = 'venue_not_found',
            message = format('there is no venue %s', lifecycle.shown(p_venue_id)),
            detail = e'key: venue_not_found\n' || 'No row of venues has this id, or it is soft-deleted.',
            hint = 'Look it up in venues.';
    end if;
end
$function$;

comment on function _check_references(text, text, text) is
'Refuses courses, trainers and venues that may not be planned with. p_course_id, p_trainer_id, p_venue_id: keys; null:
not checked. Returns nothing. Raises PT404 course_not_found, trainer_not_found, venue_not_found; a soft-deleted row
counts as missing.';

revoke all on function _check_references(text, text, text) from public;
