-- security: a caller that writes the row needs no right on _fold_name(); it reads nothing but the row.
-- Not a generated column, which refuses a statement that writes whole rows.
create or replace function derive_search_text()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_names text;
begin
    if tg_table_name = 'creators' then
        v_names := concat_ws('|', new.name, new.name_ar, new.username);
    else
        v_names := concat_ws('|', new.name, new.title, new.title_ar);
    end if;
    new.search_text := replace(lifecycle._fold_name(v_names), ' ', '');
    return new;
end
$function$;

comment on function derive_search_text() is
'Trigger function (before insert or update, row): search_text follows from the names of a creator, or from name and
titles of a workshop, whatever the statement says. No arguments. Returns the row. Raises nothing.';

revoke all on function derive_search_text() from public;
