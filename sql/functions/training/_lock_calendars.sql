-- Locks: a new course (shared, as its foreign key does), then the trainer, then the venue, everywhere in this order,
-- and before the session that is to be put there. If two want the same hour, the second waits here, holding
-- nothing that the first one wants, and then finds the first one's session; and a caller that deletes or changes a
-- trainer
-- and then writes their sessions is met nowhere halfway.
create or replace function _lock_calendars(p_new_course_id text, p_trainer_id text, p_venue_id text)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    perform
    from courses as c
    where c.id = p_new_course_id
    for key share;
    perform
    from trainers as t
    where t.id = p_trainer_id
    for no key update;
    perform
    from venues as v
    where v.id = p_venue_id
    for no key update;
end
$function$;

comment on function _lock_calendars(text, text, text) is
'Locks whose calendars a session is to be put into; called before the session is locked. p_new_course_id: another course
than it has; p_trainer_id, p_venue_id: whose calendars; null, or there is none such: nothing to lock. Returns nothing.
Raises nothing.';

revoke all on function _lock_calendars(text, text, text) from public;
