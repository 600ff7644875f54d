-- Locks: the row of clocks, for which it waits if a pass over the installation is under way.
create or replace function unregister_clock(p_schema_name text)
returns boolean
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    delete from clocks as c
    where c.schema_name = p_schema_name;
    return found;
end
$function$;

comment on function unregister_clock(text) is
'Removes an installation from the clock, even if its schema was dropped. p_schema_name: schema of the installation.
Returns whether it was known. Raises nothing.';

revoke all on function unregister_clock(text) from public;
