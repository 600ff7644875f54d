-- security: a caller that writes the row needs no right on _fold_name(); it reads nothing but the row.
-- Not a generated column, which refuses a statement that writes whole rows.
create or replace function derive_workshop_search()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    new.search_text := replace(lifecycle._fold_name(concat_ws('|', new.name, new.title, new.title_ar)), ' ', '');
    return new;
end
$function$;

comment on function derive_workshop_search() is
'Trigger function (before insert or update, row): search_text follows from name and titles of a workshop, whatever the
statement says. No arguments. Returns the row. Raises nothing.';

revoke all on function derive_workshop_search() from public;
