-- security: a caller that writes an item needs no rights on people; it reads the one that the item names.
-- Locks: the person, shared, so that a name that changes at this moment is waited for and not copied as it was.
create or replace function take_sort_name()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    select p.sort_name into new.sort_name
    from personnel as p
    where p.id = new.personnel_id
    for share;
    -- If there is no such person, the foreign key refuses the row.
    new.sort_name := coalesce(new.sort_name, '');
    return new;
end
$function$;

comment on function take_sort_name() is
'Trigger function (before insert or update, row): the sort_name of a compliance item is its person''s, whatever the
statement says. No arguments. Returns the row. Raises nothing.';

revoke all on function take_sort_name() from public;
