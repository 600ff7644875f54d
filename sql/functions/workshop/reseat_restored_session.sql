-- security: it reads and writes the caller's row by name, and whatever fires there is ours.
-- A person restores a session to upcoming; what its counter makes of it is a second move, with its own cause.
-- Locks: the row that the statement has locked already.
create or replace function reseat_restored_session()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    update workshop_sessions as s
    set current_attendees = s.current_attendees
    where s.id = new.id;
    return null;
end
$function$;

comment on function reseat_restored_session() is
'Trigger function (after update, row, if a cancelled session with attendees came back): lets its status follow the
counter again. No arguments. Returns null. Raises nothing of its own.';

revoke all on function reseat_restored_session() from public;
