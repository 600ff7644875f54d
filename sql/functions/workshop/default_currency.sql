-- security: it reads what an operator set, for every role that inserts, and says no more than that.
-- Locks: none.
create or replace function default_currency()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    new.currency := (select s.currency from settings as s);
    return new;
end
$function$;

comment on function default_currency() is
'Trigger function (before insert, row): a workshop or an order without a currency takes that of settings, if any. No
arguments. Returns the row. Raises nothing.';

revoke all on function default_currency() from public;
