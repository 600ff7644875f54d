create or replace function default_workshop_title()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
begin
    new.title := new.name;
    return new;
end
$function$;

comment on function default_workshop_title() is
'Trigger function (before insert, row): a workshop without a title takes its name. No arguments. Returns the row. Raises
nothing.';

revoke all on function default_workshop_title() from public;
