-- Applications from before statuses say "completed" with a flag. The trigger fires for sessions that may be completed
-- only (upcoming, active, full), so the move is one of the rules by construction.
create or replace function complete_by_flag()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
begin
    new.status := 'completed';
    return new;
end
$function$;

comment on function complete_by_flag() is
'Trigger function (before insert or update of is_completed, row, if the flag is set on a session that is not over):
status becomes completed. No arguments. Returns the row. Raises nothing.';

revoke all on function complete_by_flag() from public;
