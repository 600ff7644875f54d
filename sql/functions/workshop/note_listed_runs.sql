-- security: nobody but the owner writes stale_runs. Only keys of the rows that were written go into it.
-- For each statement, not for each row: the sessions of a whole run are often inserted by one statement.
-- Locks: none; as note_stale_runs().
create or replace function note_listed_runs()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    insert into stale_runs (run_id)
    select distinct l.run_id
    from listed as l
    where l.run_id is not null;
    return null;
end
$function$;

comment on function note_listed_runs() is
'Trigger function (after insert or delete, statement, with transition table listed): notes runs that gained or lost
sessions in stale_runs. No arguments. Returns null. Raises nothing.';

revoke all on function note_listed_runs() from public;
