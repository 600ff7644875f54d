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
    v_next record;
begin
    for v_next in
        select d.conname, m.is_back
        from pg_catalog.pg_constraint as d
        inner join (values (false), (true)) as m (is_back) on d.condeferred or not m.is_back
        where d.connamespace = pg_catalog.to_regnamespace(quote_ident(p_schema_name)) and d.condeferrable
        order by m.is_back
    loop
        if v_next.is_back then
            execute format('set constraints %I.%I deferred', p_schema_name, v_next.conname);
        else
            execute format('set constraints %I.%I immediate', p_schema_name, v_next.conname);
        end if;
    end loop;
end
$function$;

comment on function _check_deferred(text) is
'Checks at once what an installation''s deferrable constraints have queued, and leaves each as it was declared.
p_schema_name: schema of the installation. Returns nothing. Raises what the constraints raise.';

revoke all on function _check_deferred(text) from public;
