-- security: it reads what an operator set, for every role that inserts, and says no more than that.
-- Locks: none.
create or replace function default_timezone()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    new.timezone := (select s.timezone from settings as s);
    return new;
end
$function$;

comment on function default_timezone() is
'Trigger function (before insert, row): a session without a time zone takes that of settings. No
arguments. Returns the row. Raises nothing.';

revoke all on function default_timezone() from public;
