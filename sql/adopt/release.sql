-- Gives the tables of an adopted installation back, and drops the rest of it. Columns, keys and indexes that were added
-- go, unless they are to be kept; rows stay as they are.
create function pg_temp.adopt_release(p_schema text, p_to text, p_keep boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_adoption record;
    v_left integer;
    v_dropped integer;
    v_table text;
    v_statement text;
    v_others text;
begin
    select a.* into strict v_adoption from sessionbook.adoptions as a where a.schema_name = p_schema;
    foreach v_table in array v_adoption.tables loop
        execute format('lock table %I.%I in access exclusive mode', p_schema, v_table);
    end loop;
    -- What was changed outside, such as a search_path or a view of the application that reads ours, first.
    foreach v_statement in array v_adoption.undo loop
        if v_statement !~ '^(alter table|drop) ' then
            execute v_statement;
        end if;
    end loop;
    -- In whatever order their dependencies ask for; what somebody else's object depends on is left, and says so.
    perform set_config('search_path', quote_ident(p_schema) || ', pg_temp', true);
    loop
        v_left := 0;
        v_dropped := 0;
        for v_statement in
            select format('drop %s', m.identity)
            from sessionbook.made(p_schema) as m
            where m.is_ours and m.key in (
                select sessionbook.file_key(f.path) from sessionbook.files as f where f.schema_name = p_schema
            )
        loop
            begin
                execute v_statement;
                v_dropped := v_dropped + 1;
            exception
                when dependent_objects_still_exist then
                    get stacked diagnostics v_others = pg_exception_detail;
                    v_left := v_left + 1;
            end;
        end loop;
        exit when v_left = 0;
        if v_dropped = 0 then
            raise exception using
                errcode = 'dependent_objects_still_exist',
                message = 'something of the application depends on what would go: ' || v_others,
                hint = 'Drop it, or have it depend on the tables alone.';
        end if;
    end loop;
    perform set_config('search_path', 'pg_catalog, pg_temp', true);
    foreach v_statement in array v_adoption.undo loop
        if v_statement ~ '^(alter table|drop) ' and v_statement !~ ' type '
            and not (p_keep and v_statement ~ ' drop column |^drop index ')
        then
            execute v_statement;
        end if;
    end loop;
    perform pg_temp.adopt_set_aside(array_agg(a.attrelid), array_agg(a.attnum::integer))
    from unnest(v_adoption.undo) as u (statement)
    cross join regexp_matches(u.statement, 'alter column ("(?:[^"]|"")+"|\S+) type ', 'g') as m (found)
    inner join pg_attribute as a
        on a.attrelid = to_regclass(substring(u.statement from '^alter table (\S+)'))
            and quote_ident(a.attname) = m.found[1];
    perform pg_temp.adopt_around(array(select u from unnest(v_adoption.undo) as u where u ~ ' type '));
    foreach v_table in array v_adoption.tables loop
        -- There are none if an administrator wants no roles of ours.
        for v_statement in
            select format('revoke all on table %I.%I from %I', p_schema, v_table, r.rolname)
            from pg_roles as r
            where r.rolname ^@ 'sessionbook_'
        loop
            execute v_statement;
        end loop;
        execute format('alter table %I.%I set schema %I', p_schema, v_table, p_to);
    end loop;
    perform sessionbook.forget(p_schema);
    delete from sessionbook.adoptions as a where a.schema_name = p_schema;
    -- A column that was kept may be of a type in there; then this says so, and all is as it was.
    for v_statement in
        select format('drop table %I.%I cascade', n.nspname, c.relname)
        from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        where n.nspname = p_schema and c.relkind in ('r', 'p')
    loop
        execute v_statement;
    end loop;
    for v_statement in
        select format('drop routine %s', p.oid::regprocedure)
        from pg_proc as p
        where p.pronamespace = to_regnamespace(quote_ident(p_schema))
        union all
        select format('drop type %I.%I', p_schema, t.typname)
        from pg_type as t
        where t.typnamespace = to_regnamespace(quote_ident(p_schema)) and t.typtype in ('e', 'd', 'c')
            and not exists (select from pg_class as c where c.oid = t.typrelid and c.relkind <> 'c')
    loop
        execute v_statement;
    end loop;
    execute format('drop schema %I', p_schema);
end
$function$;
