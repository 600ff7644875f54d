-- security: a caller that writes a name need not be able to write compliance; only sort_name is written, with what
-- the name
-- says.
-- Locks: the person, by the statement; then their compliance items. A caller that makes or renews one of these locks
-- the
-- person first, so the two meet there, and holding an item nobody waits for the person.
create or replace function pass_on_sort_name()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    update compliance_items as i
    set sort_name = new.sort_name
    where i.id in (
        select c.id
        from compliance_items as c
        where c.personnel_id = new.id
        order by c.course_id
        for no key update
    );
    return null;
end
$function$;

comment on function pass_on_sort_name() is
'Trigger function (after update, row): a person''s new name reaches their compliance items. No arguments. Returns null.
Raises nothing.';

revoke all on function pass_on_sort_name() from public;
