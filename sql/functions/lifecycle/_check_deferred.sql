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
    v_all text;
    v_late text;
begin
    select
        string_agg(distinct format('%I.%I', p_schema_name, c.conname), ', '),
        string_agg(distinct format('%I.%I', p_schema_name, c.conname), ', ') filter (where c.condeferred)
    into v_all, v_late
    from pg_catalog.pg_constraint as c
    where c.connamespace = pg_catalog.to_regnamespace(quote_ident(p_schema_name)) and c.condeferrable;
    if v_all is not null then
        execute 'set constraints ' || v_all || ' immediate';
    end if;
    if v_late is not null then
        execute 'set constraints ' || v_late || ' deferred';
    end if;
end
$function$;

comment on function _check_deferred(text) is
'Checks at once what an installation''s deferrable constraints have queued, and leaves each as it was declared.
p_schema_name: schema of the installation. Returns nothing. Raises what the constraints raise.';

revoke all on function _check_deferred(text) from public;
