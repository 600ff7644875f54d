-- requires: functions/_require_trusted
-- Called by the deployer for every installation that has apply_step(); keeps what an operator set.
-- Locks: the row of clocks it writes, nothing else, so it cannot deadlock with a tick.
create or replace function register_clock(p_schema_name text, p_unit text)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    perform _require_trusted(p_schema_name);
    insert into clocks as c (schema_name, unit)
    values (p_schema_name, p_unit)
    on conflict (schema_name) do update
    set unit = excluded.unit
    where c.unit <> excluded.unit;
end
$function$;

comment on function register_clock(text, text) is
'Adds an installation of a unit to the clock. p_schema_name: schema of the installation; p_unit: name of the unit. If it
is already registered nothing changes; a paused clock stays paused. Returns nothing. Raises PT409 schema_not_ours, PT409
row_security_forced.';

revoke all on function register_clock(text, text) from public;
