create or replace function mirror_completion()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
begin
    new.is_completed := new.status = 'completed';
    return new;
end
$function$;

comment on function mirror_completion() is
'Trigger function (before insert or update, row): is_completed is true exactly when status is completed. No arguments.
Returns the row. Raises nothing.';

revoke all on function mirror_completion() from public;
