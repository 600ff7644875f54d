-- Never `all`: before PostgreSQL 18 that would run triggers that the caller has queued, with the owner's rights.
create or replace function _check_deferred(p_schema_name text)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_names name[];
    v_late boolean[];
begin
    select array_agg(c.conname), array_agg(c.is_late)
    into v_names, v_late
    from (
        select d.conname, bool_or(d.condeferred) as is_late
        from pg_catalog.pg_constraint as d
        where d.connamespace = pg_catalog.to_regnamespace(quote_ident(p_schema_name)) and d.condeferrable
        group by d.conname
    ) as c;
    for i in 1 .. coalesce(cardinality(v_names), 0) loop
        execute format('set constraints %I.%I immediate', p_schema_name, v_names[i]);
    end loop;
    for i in 1 .. coalesce(cardinality(v_names), 0) loop
        if v_late[i] then
            execute format('set constraints %I.%I deferred', p_schema_name, v_names[i]);
        end if;
    end loop;
end
$function$;

comment on function _check_deferred(text) is
'Checks at once what an installation''s deferrable constraints have queued, and leaves each as it was declared.
p_schema_name: schema of the installation. Returns nothing. Raises what the constraints raise.';

revoke all on function _check_deferred(text) from public;
