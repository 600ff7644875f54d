-- Schema-based sharding by Citus: every installation becomes a distributed schema, and the tables of lifecycle become
-- reference tables.

-- On Citus a query in a language sql function reads the coordinator's empty table, without an error if the planner
-- inlines it; PL/pgSQL lets Citus find the node of each query. So there each such function becomes PL/pgSQL. A function
-- with a quoted body counts as one unless it is immutable, because PostgreSQL does not know what it reads. Plans are
-- made for actual values: a generic plan names no node.
create function sessionbook.fit(p_schema text) returns void
language plpgsql set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    v_function record;
begin
    for v_function in
        select p.proretset, p.prorettype,
            pg_get_function_result(p.oid) as result,
            regexp_replace(
                regexp_replace(pg_get_functiondef(p.oid), '\n(BEGIN ATOMIC|AS \$function\$)\n.*$', ''),
                '\n LANGUAGE sql', E'\n LANGUAGE plpgsql'
            ) as head,
            case
                -- It only spares a look, by a query that Citus refuses.
                when p.proname = 'has_work' then 'select true'
                else regexp_replace(
                    coalesce(substring(pg_get_function_sqlbody(p.oid) from '^BEGIN ATOMIC(.*)END$'), p.prosrc),
                    ';?\s*(--[^\n]*)?\s*$', ''
                )
            end as body
        from pg_proc as p
        inner join pg_language as l on l.oid = p.prolang and l.lanname = 'sql'
        where p.pronamespace = quote_ident(p_schema)::regnamespace and p.prokind = 'f'
            and case
                when p.prosqlbody is null then p.provolatile <> 'i'
                else exists (
                    select
                    from pg_depend as d
                    inner join pg_class as c on c.oid = d.refobjid and c.relnamespace = p.pronamespace
                    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
                )
            end
    loop
        execute concat(
            v_function.head, E'\nas $fitted$\n#variable_conflict use_column\n',
            case
                when v_function.proretset then format(E'begin\nreturn query\n%s;', v_function.body)
                when v_function.prorettype = 'void'::regtype then format(E'begin\n%s;', v_function.body)
                else format(
                    E'declare v_result %s;\nbegin\n%s\ninto v_result;\nreturn v_result;',
                    v_function.result, v_function.body
                )
            end,
            E'\nend\n$fitted$'
        );
    end loop;
    -- A trigger with a transition table is refused, so it fires for each row and reads that.
    for v_function in
        select
            regexp_replace(
                pg_get_functiondef(p.oid),
                '\mfrom (added|listed)\M',
                format('from jsonb_populate_record(null::%s, to_jsonb(coalesce(new, old)))', max(t.tgrelid::regclass::text))
            ) as definition,
            string_agg(regexp_replace(
                pg_get_triggerdef(t.oid), '^CREATE (.*) REFERENCING .* FOR EACH STATEMENT ',
                'create or replace \1 for each row '
            ), ';') filter (where coalesce(t.tgoldtable, t.tgnewtable) is not null) as triggers
        from pg_proc as p
        left join pg_trigger as t on t.tgfoid = p.oid
        where p.pronamespace = quote_ident(p_schema)::regnamespace
            and p.prosrc ~ '\mfrom (added|listed)\M'
        group by p.oid
    loop
        execute concat_ws(';', v_function.definition, v_function.triggers);
    end loop;
    for v_function in
        select p.oid::regprocedure as signature
        from pg_proc as p
        where p.pronamespace = quote_ident(p_schema)::regnamespace
            and p.proconfig && '{plan_cache_mode=force_generic_plan}'::text[]
    loop
        execute format('alter function %s reset plan_cache_mode', v_function.signature);
    end loop;
end
$function$;
comment on function sessionbook.fit is 'Makes PL/pgSQL of the language sql functions of an installation, for Citus.';

-- Lifecycle goes to every node, because the units read it there; a unit's schema to one. Rows would fire their triggers
-- when they are copied, so a schema is distributed while it has none; rows of settings have no trigger that writes.
create function sessionbook.place(p_schema text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_table regclass;
    v_found boolean;
begin
    perform set_config('citus.enable_unsafe_triggers', 'on', true);
    perform sessionbook.fit(p_schema);
    for v_table in
        execute format(
            'select c.oid from pg_class as c where c.relnamespace = quote_ident(%L)::regnamespace'
            ' and c.relkind in (''r'', ''p'') and c.oid not in (select d.logicalrelid from pg_dist_partition as d)'
            ' order by c.relname', p_schema
        )
    loop
        if p_schema = 'lifecycle' then
            execute format('select create_reference_table(%L)', v_table);
        else
            execute format(
                'select exists (select from %s) and exists (select from pg_trigger as t where not t.tgisinternal'
                ' and t.tgrelid = $1)', v_table
            ) into v_found using v_table;
            if v_found and not v_table::text ~ '\.settings$' then
                perform sessionbook.refuse(
                    'has_rows', format('%s has rows, and is not distributed', v_table),
                    'Distribute an installation before you use it.'
                );
            end if;
        end if;
    end loop;
    if p_schema <> 'lifecycle' then
        execute format('select citus_schema_distribute(%L)', quote_ident(p_schema));
    end if;
end
$function$;
comment on function sessionbook.place is 'Distributes what of an installation is not distributed yet.';

-- Lifecycle first. From now on each deploy places what it made.
create function sessionbook.distribute() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_schema text;
    v_before jsonb;
begin
    if to_regprocedure('citus_schema_distribute(regnamespace)') is null then
        perform sessionbook.refuse(
            'no_citus', format('extension citus is not in database %s', current_database()), 'Run: create extension citus'
        );
    end if;
    perform sessionbook.hold();
    insert into sessionbook.settings (key, value) values ('citus', 'true') on conflict (key) do nothing;
    for v_schema in
        select i.schema_name
        from sessionbook.installations as i
        order by i.unit <> 'lifecycle', i.schema_name
    loop
        v_before := sessionbook.look(v_schema);
        perform sessionbook.place(v_schema);
        perform sessionbook.record(v_schema, v_before);
    end loop;
end
$function$;
comment on function sessionbook.distribute is
'Has Citus distribute every installation; 55000: no Citus (sessionbook_no_citus), or rows (sessionbook_has_rows).';
