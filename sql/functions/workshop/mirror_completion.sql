create or replace function mirror_completion()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
begin
    -- Named in full: the writer's search_path may hold operators of its own.
    new.is_completed := new.status operator(pg_catalog.=) 'completed';
    return new;
end
$function$;

comment on function mirror_completion() is
'Trigger function (before insert or update, row): is_completed is true exactly when status is completed. No arguments.
Returns the row. Raises nothing.';

revoke all on function mirror_completion() from public;
