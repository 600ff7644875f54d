-- Applications from before statuses say "completed" with a flag.
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
'Trigger function (before insert or update of is_completed, row): a session flagged as completed gets that status. No
arguments. Returns the row. Raises nothing; the move itself is held to the rules.';

revoke all on function complete_by_flag() from public;
grant execute on function complete_by_flag() to sessionbook_app;
