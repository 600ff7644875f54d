-- Gives the tables of an adopted installation back, and drops the rest of it. Columns, keys and indexes that were added
-- go, unless they are to be kept; rows stay as they are.
create function pg_temp.adopt_run(p_statements text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_statement text;
begin
    foreach v_statement in array array_remove(p_statements, null) loop
        execute v_statement;
    end loop;
end
$function$;

create function pg_temp.adopt_release(p_schema text, p_to text, p_keep boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_space constant oid := to_regnamespace(quote_ident(p_schema));
    v_schema text;
    v_tables text[];
    v_undo jsonb;
    v_types text[];
begin
    select a.adopted_as, a.undo, array(select format('%I.%I', a.adopted_as, u) from unnest(a.tables) as u)
    into strict v_schema, v_undo, v_tables
    from sessionbook.adoptions as a
    where a.schema_name = p_schema;
    if v_schema <> p_schema then
        perform sessionbook.rename(p_schema, v_schema);
    end if;
    v_types := array(select u from jsonb_array_elements_text(v_undo -> '0') as u);
    perform pg_temp.adopt_run(array['lock table ' || array_to_string(v_tables, ', ') || ' in access exclusive mode']);
    -- What came after our functions, such as a view of the application that reads ours, goes before them.
    perform pg_temp.adopt_run(array(
        select u from jsonb_array_elements_text(v_undo -> '5') as u where not (p_keep and u ^@ 'drop index ')
    ));
    perform sessionbook.clear(v_schema, array(
        select m.identity
        from sessionbook.made(v_schema) as m
        inner join sessionbook.files as f on f.schema_name = v_schema and sessionbook.file_key(f.path) = m.key
        where m.is_ours
    ), null, '[]');
    perform pg_temp.adopt_run(array(
        select u
        from jsonb_array_elements_text(v_undo -> '1') as u
        where not (p_keep and u ~ ' drop column |^drop index ')
    ));
    perform pg_temp.adopt_set_aside(array_agg(a.attrelid), array_agg(a.attnum))
    from unnest(v_types) as u (statement)
    cross join regexp_matches(u.statement, 'alter column ("(?:[^"]|"")+"|\S+) type ', 'g') as m (found)
    inner join pg_attribute as a
        on a.attrelid = to_regclass(substring(u.statement from '^alter table (\S+)'))
            and quote_ident(a.attname) = m.found[1];
    perform pg_temp.adopt_run(
        array(select a.drops from pg_temp.adopt_again as a order by a.depth desc)
        || v_types
        || array(select a.makes from pg_temp.adopt_again as a order by a.depth)
        -- There are none if an administrator wants no roles of ours.
        || array(
            select format('revoke all on table %s from %s', u, g)
            from unnest(v_tables) as u, sessionbook.grantees() as g
            where to_regrole(g) is not null
        )
        || array(select format('alter table %s set schema %I', u, p_to) from unnest(v_tables) as u)
    );
    perform sessionbook.forget(v_schema);
    -- A column that was kept may be of a type in there; then this says so, and all is as it was.
    perform pg_temp.adopt_run(array[
        'drop table ' || (
            select string_agg(c.oid::regclass::text, ', ')
            from pg_class as c
            where c.relnamespace = v_space and c.relkind in ('r', 'p')
        ),
        'drop routine ' || (
            select string_agg(p.oid::regprocedure::text, ', ') from pg_proc as p where p.pronamespace = v_space
        ),
        'drop type ' || (
            select string_agg(y.oid::regtype::text, ', ')
            from pg_type as y
            left join pg_class as c on c.oid = y.typrelid
            where y.typnamespace = v_space and (y.typtype in ('e', 'd') or c.relkind = 'c')
        ),
        format('drop schema %I', v_schema)
    ]);
end
$function$;
