-- security: nobody but the owner writes stale_runs. Only keys of the row that was written go into it.
-- Locks: none; it only inserts, and stale_runs has nothing unique that a caller could wait for.
create or replace function note_stale_runs()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    insert into stale_runs (run_id)
    select u.run_id
    from (values (old.run_id), (nullif(new.run_id, old.run_id))) as u (run_id)
    where u.run_id is not null;
    return null;
end
$function$;

comment on function note_stale_runs() is
'Trigger function (after update, row, if days or run of a session changed): notes the run before and the run after in
stale_runs. No arguments. Returns null. Raises nothing.';

revoke all on function note_stale_runs() from public;
