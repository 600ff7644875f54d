-- security: a caller that writes a person needs no right on _fold_name(); it reads nothing but the row.
-- Not a generated column, which refuses a statement that writes whole rows.
create or replace function derive_sort_name()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    new.sort_name := concat_ws(E'\t', lifecycle._fold_name(new.last_name), lifecycle._fold_name(new.first_name));
    return new;
end
$function$;

comment on function derive_sort_name() is
'Trigger function (before insert or update, row): sort_name follows from the names, whatever the statement says. No
arguments. Returns the row. Raises nothing.';

revoke all on function derive_sort_name() from public;
