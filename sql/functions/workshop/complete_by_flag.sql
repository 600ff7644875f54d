-- Older applications complete a session with a flag, and reopen it by removing the flag. The triggers fire only for
-- sessions that may be completed (upcoming, active, full) or opened again, so the move is one of the rules by
-- construction.
create or replace function complete_by_flag()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
begin
    new.status := case when new.is_completed then 'completed' else 'upcoming' end;
    return new;
end
$function$;

comment on function complete_by_flag() is
'Trigger function (before insert or update of is_completed, row, if the flag is set on a session that is not completed,
or taken from one whose time is not over): status becomes completed, or upcoming. No arguments. Returns the row. Raises
nothing.';

revoke all on function complete_by_flag() from public;
