-- Called by the deployer for every copy that has advance_sessions(); keeps what an operator set.
-- Locks: the row of clocks it writes, nothing else, so it cannot deadlock with a tick.
create or replace function register_clock(p_schema_name text, p_unit text)
returns void
language sql
volatile
security invoker
parallel unsafe
set search_path from current
begin atomic
    insert into clocks as c (schema_name, unit)
    values (p_schema_name, p_unit)
    on conflict (schema_name) do update
    set unit = excluded.unit
    where c.unit <> excluded.unit;
end;

comment on function register_clock(text, text) is
'Lets the tick move an installed copy of a unit. p_schema_name: schema of the copy; p_unit: name of the unit. Known
already: nothing changes, a paused clock stays paused. Returns nothing. Raises nothing of its own.';

revoke all on function register_clock(text, text) from public;
