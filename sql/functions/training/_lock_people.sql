-- Locks: people by id, shared, as a new compliance item does that takes their name; before the session and its
-- attendees, so that a caller that changes a person and then a class list is met nowhere halfway.
create or replace function _lock_people(p_personnel_ids text[])
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    perform
    from personnel as p
    where p.id = any(p_personnel_ids)
    order by p.id
    for share;
end
$function$;

comment on function _lock_people(text[]) is
'Locks people whose compliance is to be renewed; called before a session is locked. p_personnel_ids: who. Returns
nothing. Raises nothing.';

revoke all on function _lock_people(text[]) from public;
