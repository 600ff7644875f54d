-- requires: functions/_require_trusted
-- For after an update of the time zone database: what people said stays, the instants that follow from it move.
-- Locks: what each copy's refresh_instants() locks, copies in schema order.
create or replace function refresh_instants()
returns table (schema_name text, changed bigint)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_schema text;
begin
    for v_schema in select c.schema_name from clocks as c order by c.schema_name loop
        continue when pg_catalog.to_regprocedure(format('%I.refresh_instants()', v_schema)) is null;
        perform _require_trusted(v_schema);
        schema_name := v_schema;
        execute format('select %I.refresh_instants()', v_schema) into changed;
        return next;
    end loop;
end
$function$;

comment on function refresh_instants() is
'Computes the stored instants of sessions that are not over again, in every installation, after an update of the time
zone database. No arguments. Returns schema_name and how many sessions changed. Raises nothing of its own.';

revoke all on function refresh_instants() from public;
