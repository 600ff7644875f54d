-- requires: functions/lifecycle.actor, functions/lifecycle.changed_by, functions/lifecycle.now
-- security: nobody but the owner writes history; role, actor and time are taken from the session, not from the row.
-- Locks: none; it only inserts.
create or replace function record_reschedule()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    insert into reschedules (
        session_id, from_starts_at, from_ends_at, to_starts_at, to_ends_at, changed_by, actor, changed_at
    )
    values (
        new.id, old.starts_at, old.ends_at, new.starts_at, new.ends_at, lifecycle.changed_by(), lifecycle.actor(),
        lifecycle.now()
    );
    return null;
end
$function$;

comment on function record_reschedule() is
'Trigger function (after update of date, times or zone, row, if the instants changed): one row in reschedules with both
times, role, actor and time of the change. No arguments. Returns null. Raises nothing.';

revoke all on function record_reschedule() from public;
