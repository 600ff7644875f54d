-- What brings the tables of an application to what ours have: every step with its reason, computed from the two shapes.
create function pg_temp.adopt_tables(p_source text, p_target text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_found record;
begin
    for v_found in
        select c.relname, case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'other' end as kind
        from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        inner join pg_temp.adopt_table as o on o.side = 'ours' and o.table_name = c.relname
        where n.nspname = p_source and c.relkind in ('v', 'm', 'f')
        order by 1
    loop
        perform pg_temp.adopt_add(1, 'note', format('%s %s.%s', v_found.kind, p_source, v_found.relname),
            'It has the name of one of our tables and is none.',
            format('Who finds it before schema %s reads it, not our table.', p_target));
    end loop;
    select string_agg(format('%s belongs to %s', t.table_name, c.relowner::regrole), ', ' order by t.table_name) as names,
        string_agg(distinct c.relowner::regrole::text, ', ') as owners
    into v_found
    from pg_temp.adopt_table as t
    inner join pg_class as c on c.oid = t.oid
    where t.side = 'theirs' and not pg_has_role(c.relowner, 'usage');
    if v_found.names is not null then
        perform pg_temp.adopt_add(1, 'stop', v_found.names, 'Only its owner may alter a table.',
            format('Run this as a member of %s.', v_found.owners));
    end if;
    for v_found in
        select string_agg(t.table_name, ', ' order by t.table_name) as names, sum(t.rows)::bigint as rows
        from pg_temp.adopt_table as t
        where t.side = 'theirs'
    loop
        perform pg_temp.adopt_add(
            1, 'change', format('move to schema %I: %s', p_target, v_found.names),
            'Our functions look for their tables in one schema of their own. Rows, keys, grants and triggers go along.',
            format(
                'All of this is one transaction, in which nobody else can use these tables: about %s seconds for about'
                ' %s rows. Connections that are open find no table afterwards (42P01) and have to connect again.',
                2 + v_found.rows / 20000, v_found.rows
            )
        );
    end loop;
    for v_found in
        select t.table_name from pg_temp.adopt_table as t where t.side = 'theirs' order by t.oid
    loop
        perform pg_temp.adopt_add(1, 'sql', v_found.table_name, '', '',
            format('drop table if exists %I.%I cascade', p_target, v_found.table_name));
        perform pg_temp.adopt_add(1, 'sql', v_found.table_name, '', '',
            format('alter table %I.%I set schema %I', p_source, v_found.table_name, p_target));
    end loop;
    select string_agg(o.table_name, ', ' order by o.table_name) as names into v_found
    from pg_temp.adopt_table as o
    where o.side = 'ours'
        and o.table_name not in (select t.table_name from pg_temp.adopt_table as t where t.side = 'theirs');
    perform pg_temp.adopt_add(1, 'change', 'new tables: ' || v_found.names,
        'What the application has no table for.', 'Nothing.')
    where v_found.names is not null;
end
$function$;

create function pg_temp.adopt_columns(p_source text, p_target text, p_zone text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_table text;
    v_found record;
    v_changed text[] := '{}';
begin
    for v_table in
        select t.table_name from pg_temp.adopt_table as t where t.side = 'theirs' order by t.oid
    loop
        for v_found in
            select o.column_name, o.type as ours, t.type as theirs
            from pg_temp.adopt_column as o
            inner join pg_temp.adopt_column as t
                on t.side = 'theirs' and t.table_name = o.table_name and t.column_name = o.column_name
            where o.side = 'ours' and o.table_name = v_table
                and pg_temp.adopt_fit(o.type_oid, t.type_oid, o.column_name) = 'refuse'
            order by o.place
        loop
            perform pg_temp.adopt_add(1, 'stop', format('column %s.%s is %s', v_table, v_found.column_name, v_found.theirs),
                format('Our functions need %s there.', v_found.ours),
                format(
                    'Change it where its values are %1$s: alter table %2$I.%3$I alter column %4$I type %1$s'
                    ' using %4$I::%1$s', v_found.ours, p_source, v_table, v_found.column_name
                ));
        end loop;
        for v_found in
            select c.column_name, a.attcollation::regcollation as name
            from pg_temp.adopt_column as c
            inner join pg_temp.adopt_column as o
                on o.side = 'ours' and o.table_name = c.table_name and o.column_name = c.column_name
            inner join pg_temp.adopt_table as t on t.side = 'theirs' and t.table_name = c.table_name
            inner join pg_attribute as a on a.attrelid = t.oid and a.attname = c.column_name
            inner join pg_collation as l on l.oid = a.attcollation and not l.collisdeterministic
            where c.side = 'theirs' and c.table_name = v_table
        loop
            perform pg_temp.adopt_add(
                1, 'stop', format('column %s.%s has collation %s', v_table, v_found.column_name, v_found.name),
                'It takes texts for equal that are not, and cannot be searched by a pattern before PostgreSQL 18.',
                format(
                    'Give it another one: alter table %I.%I alter column %I type text collate "default"', p_source,
                    v_table, v_found.column_name
                )
            );
        end loop;
        select string_agg(o.column_name, ', ' order by o.place) as names,
            string_agg(
                format(
                    'add column %I %s%s%s%s', o.column_name, o.type, ' default ' || o.expression,
                    case when o.identity <> '' then ' generated by default as identity' end,
                    case when o.not_null and (o.expression is not null or o.identity <> '') then ' not null' end
                ), ', ' order by o.place
            ) as added,
            string_agg(format('drop column %I', o.column_name), ', ') as dropped
        into v_found
        from pg_temp.adopt_column as o
        where o.side = 'ours' and o.table_name = v_table and not exists (
            select from pg_temp.adopt_column as t
            where t.side = 'theirs' and t.table_name = v_table and t.column_name = o.column_name
        );
        perform pg_temp.adopt_add(
            1, 'change', format('columns for %s: %s', v_table, v_found.names),
            'Our functions keep there what they know of a row; each has a default, or follows from other columns.',
            'Nothing, unless a statement inserts without naming columns and counts on their number.',
            format('alter table %I.%I %s', p_target, v_table, v_found.added),
            format('alter table %I.%I %s', p_target, v_table, v_found.dropped)
        )
        where v_found.names is not null;
        select string_agg(format('%s (%s)', o.column_name, t.expression), ', ' order by o.place) as names,
            string_agg(format('alter column %I set default %s', o.column_name, t.expression), ', ') as given,
            string_agg(format('alter column %I drop default', o.column_name), ', ') as taken
        into v_found
        from pg_temp.adopt_column as o
        inner join (
            select o.column_name, o.expression
            from pg_temp.adopt_column as o where o.side = 'ours' and o.table_name = v_table
        ) as t on t.column_name = o.column_name
        where o.side = 'theirs' and o.table_name = v_table and o.expression is null and o.identity = ''
            and t.expression is not null;
        perform pg_temp.adopt_add(
            1, 'change', format('defaults for %s: %s', v_table, v_found.names),
            'Our functions leave these columns out when they insert.',
            'Nothing: who names the column is not concerned.',
            format('alter table %I.%I %s', p_target, v_table, v_found.given),
            format('alter table %I.%I %s', p_target, v_table, v_found.taken)
        )
        where v_found.names is not null;
        select string_agg(o.column_name, ', ' order by o.place) as names,
            string_agg(format('alter column %I drop not null', o.column_name), ', ') as loose,
            string_agg(format('alter column %I set not null', o.column_name), ', ') as tight
        into v_found
        from pg_temp.adopt_column as o
        inner join pg_temp.adopt_column as t
            on t.side = 'theirs' and t.table_name = o.table_name and t.column_name = o.column_name
        where o.side = 'ours' and o.table_name = v_table and t.not_null and not o.not_null;
        perform pg_temp.adopt_add(
            1, 'change', format('null is allowed in %s: %s', v_table, v_found.names),
            'Our functions write rows that do not have this yet.',
            'See whether the application can read a null there.',
            format('alter table %I.%I %s', p_target, v_table, v_found.loose),
            format('alter table %I.%I %s', p_target, v_table, v_found.tight)
        )
        where v_found.names is not null;
        select string_agg(t.column_name, ', ' order by t.place) as names into v_found
        from pg_temp.adopt_column as t
        where t.side = 'theirs' and t.table_name = v_table and t.not_null and t.expression is null and t.identity = ''
            and not exists (
                select from pg_temp.adopt_column as o
                where o.side = 'ours' and o.table_name = v_table and o.column_name = t.column_name
            );
        perform pg_temp.adopt_add(
            1, 'note', format('%s of the application''s may not be null and have no default: %s', v_table, v_found.names),
            'Our functions do not know these columns, so none of them can insert a row there (23502).',
            'Give them a default, or go on inserting such rows with statements of your own.'
        )
        where v_found.names is not null;
        select string_agg(format('%s (%s)', t.column_name, t.type), ', ' order by t.place) as names,
            string_agg(
                format(
                    'alter column %1$I type %2$s using %1$I at time zone %3$L', t.column_name,
                    replace(t.type, 'without time zone', 'with time zone'), p_zone
                ), ', ' order by t.place
            ) as there,
            string_agg(
                format('alter column %1$I type %2$s using %1$I at time zone %3$L', t.column_name, t.type, p_zone),
                ', ' order by t.place
            ) as back
        into v_found
        from pg_temp.adopt_column as o
        inner join pg_temp.adopt_column as t
            on t.side = 'theirs' and t.table_name = o.table_name and t.column_name = o.column_name
        where o.side = 'ours' and o.table_name = v_table
            and pg_temp.adopt_fit(o.type_oid, t.type_oid, o.column_name) = 'convert';
        if v_found.names is not null then
            v_changed := v_changed || v_table;
            perform pg_temp.adopt_add(
                1, 'change', format('%s with time zone, read as %s: %s', v_table, p_zone, v_found.names),
                'They are instants that we compare with the clock; without a zone nobody knows which.',
                'See whether the zone is the one that the application wrote in; --instants-in names another.',
                format('alter table %I.%I %s', p_target, v_table, v_found.there),
                format('alter table %I.%I %s', p_target, v_table, v_found.back)
            );
        end if;
    end loop;
    if v_changed <> '{}' then
        perform pg_temp.adopt_add(
            3, 'change', format('database %I gets time zone %s', current_database(), p_zone),
            'Times that the application writes without a zone are read in the zone of its connection.',
            'Where the application sets its time zone itself, it has to be this one.',
            format('alter database %I set timezone = %L', current_database(), p_zone),
            coalesce(
                (
                    select format('alter database %I set timezone = %L', d.datname, substr(c.setting, 10))
                    from pg_db_role_setting as s
                    inner join pg_database as d on s.setdatabase = d.oid and d.datname = current_database()
                    cross join lateral unnest(s.setconfig) as c (setting)
                    where s.setrole = 0 and c.setting ~* '^timezone='
                ),
                format('alter database %I reset timezone', current_database())
            )
        )
        where current_setting('TimeZone') <> p_zone;
    end if;
end
$function$;

-- Keys and indexes. A key of theirs on the same columns is taken for ours, whatever its name. What would refuse rows of
-- the application is left out: settings.rules says what becomes of them.
create function pg_temp.adopt_keys(p_source text, p_target text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_key record;
    v_rows bigint;
    v_definition text;
    v_swap record;
    v_left text[] := '{}';
    v_names text[] := '{}';
    v_indexes text[] := '{}';
begin
    for v_key in
        select o.*, t.table_name is not null as is_theirs,
            -- Columns that the application may write.
            array(
                select c.column_name
                from pg_temp.adopt_column as c
                where c.side = 'theirs' and c.table_name = o.table_name and c.column_name = any(o.columns)
            ) as known
        from pg_temp.adopt_key as o
        left join pg_temp.adopt_table as t on t.side = 'theirs' and t.table_name = o.table_name
        where o.side = 'ours'
            and (
                t.table_name is not null
                or o.kind = 'f' and exists (
                    select from pg_temp.adopt_table as r
                    where r.side = 'theirs' and o.reference ^@ (r.table_name || '{')
                )
            )
        -- What keys refer to comes before them.
        order by array_position('{p,u,i,x,f,c}', o.kind), o.table_name, o.name
    loop
        continue when exists (
            select from pg_temp.adopt_key as t
            where t.side = 'theirs' and t.table_name = v_key.table_name
                and case
                    when v_key.kind in ('p', 'u')
                        then t.is_unique and not t.is_partial
                            and t.columns @> v_key.columns and v_key.columns @> t.columns
                    when v_key.kind = 'f' then t.kind = 'f' and t.columns = v_key.columns and t.reference = v_key.reference
                    when v_key.kind = 'i' then t.kind = 'i' and t.definition = v_key.definition and t.is_unique >= v_key.is_unique
                    else t.kind = v_key.kind and t.definition = v_key.definition
                end
        );
        if v_key.kind in ('c', 'f') and v_key.known <> '{}' and v_key.is_theirs then
            v_left := v_left || v_key.name;
            continue;
        end if;
        if v_key.is_unique and cardinality(v_key.known) = cardinality(v_key.columns) and not v_key.is_partial
            and '' <> all(v_key.columns)
        then
            execute format(
                'select count(*) from (select from %I.%I where (%s) is not null group by %s having count(*) > 1) as d',
                p_source, v_key.table_name,
                (select string_agg(quote_ident(c), ', ') from unnest(v_key.columns) as c),
                (select string_agg(quote_ident(c), ', ') from unnest(v_key.columns) as c)
            ) into v_rows;
            if v_rows > 0 then
                perform pg_temp.adopt_add(
                    1, 'stop',
                    format('%s has %s times the same %s', v_key.table_name, v_rows, array_to_string(v_key.columns, ', ')),
                    'Our functions find a row by it, and would take any of several.',
                    format(
                        'Leave one of each: select %1$s, count(*) from %2$I.%3$I group by %1$s having count(*) > 1',
                        (select string_agg(quote_ident(c), ', ') from unnest(v_key.columns) as c), p_source,
                        v_key.table_name
                    )
                );
                continue;
            end if;
        end if;
        if exists (select from pg_temp.adopt_key as t where t.side = 'theirs' and t.name = v_key.name) then
            v_key.name := left(v_key.name, 61) || '_2';
        end if;
        v_definition := v_key.definition;
        -- A type of theirs stands for one of ours.
        for v_swap in
            select distinct o.type as ours, t.type as theirs
            from pg_temp.adopt_column as o
            inner join pg_temp.adopt_column as t
                on t.side = 'theirs' and t.table_name = o.table_name and t.column_name = o.column_name
            inner join pg_type as y on y.oid = o.type_oid and y.typtype = 'e'
            where o.side = 'ours' and o.table_name = v_key.table_name and o.type <> t.type
        loop
            v_definition := replace(v_definition, '::' || v_swap.ours, '::' || v_swap.theirs);
        end loop;
        if v_key.kind = 'i' then
            v_indexes := v_indexes || v_key.name;
            perform pg_temp.adopt_add(
                case when v_key.is_unique then 1 else 3 end, 'sql', v_key.name, '', '',
                format(
                    'create %sindex %I on %I.%I%s', case when v_key.is_unique then 'unique ' end,
                    v_key.name, p_target, v_key.table_name, v_definition
                ),
                format('drop index if exists %I.%I', p_target, v_key.name)
            );
        else
            v_names := v_names || v_key.name;
            perform pg_temp.adopt_add(
                case when v_key.is_unique then 1 else 3 end, 'sql', v_key.name, '', '',
                format('alter table %I.%I add constraint %I %s', p_target, v_key.table_name, v_key.name, v_definition),
                case when v_key.is_theirs then format(
                    'alter table %I.%I drop constraint if exists %I', p_target, v_key.table_name, v_key.name
                ) end
            );
        end if;
    end loop;
    perform pg_temp.adopt_add(
        1, 'change', 'keys and checks: ' || array_to_string(v_names, ', '),
        'They are about columns and tables that are new, or our functions cannot be right without them.', 'Nothing.'
    )
    where v_names <> '{}';
    perform pg_temp.adopt_add(
        1, 'change', 'indexes: ' || array_to_string(v_indexes, ', '),
        'Our functions, and the clock, search by them.', 'Drop those of your own that they make superfluous.'
    )
    where v_indexes <> '{}';
    perform pg_temp.adopt_add(
        1, 'note', 'left out: ' || array_to_string(v_left, ', '),
        'The application may write what these constraints of ours would refuse. Its own rules stay as they are.',
        'Nothing. Add them by hand once you want them.'
    )
    where v_left <> '{}';
end
$function$;

-- Rows: nulls get their default, now and whenever one is written; labels that were mapped become ours. Then what the
-- unit has to say of its rows, and columns that follow from others.
create function pg_temp.adopt_rows(p_source text, p_target text, p_maps jsonb, p_steps text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_table record;
    v_column record;
    v_rows bigint;
    v_set text[];
    v_body text[];
    v_when text[];
    v_filled text[];
    v_touched text[];
    v_statement text;
    v_head text;
begin
    for v_table in
        select t.table_name, t.oid from pg_temp.adopt_table as t where t.side = 'theirs' order by t.oid
    loop
        v_set := '{}';
        v_body := '{}';
        v_when := '{}';
        v_filled := '{}';
        for v_column in
            select t.column_name, coalesce(t.expression, o.expression) as expression
            from pg_temp.adopt_column as t
            inner join pg_temp.adopt_column as o
                on o.side = 'ours' and o.table_name = t.table_name and o.column_name = t.column_name
            where t.side = 'theirs' and t.table_name = v_table.table_name and not t.not_null and o.not_null
                and coalesce(t.expression, o.expression) is not null
            order by t.place
        loop
            execute format(
                'select count(*) from %I.%I where %I is null', p_source, v_table.table_name, v_column.column_name
            ) into v_rows;
            v_set := v_set || case when v_rows > 0 then format(
                '%1$I = coalesce(%1$I, %2$s)', v_column.column_name, v_column.expression
            ) end;
            v_filled := v_filled || concat(
                v_column.column_name, case when v_rows > 0 then format(' (%s rows)', v_rows) end
            );
            v_body := v_body || format(
                '    new.%1$I := coalesce(new.%1$I, %2$s);', v_column.column_name, v_column.expression
            );
            v_when := v_when || format('new.%I is null', v_column.column_name);
        end loop;
        if v_filled <> '{}' then
            perform pg_temp.adopt_add(
                3, 'change',
                format('null becomes the default in %s: %s', v_table.table_name, array_to_string(v_filled, ', ')),
                'Our functions count on a value there. A trigger does the same with every row that is written.',
                'Look for statements that ask for rows in which it is null: they find none any more.'
            );
        end if;
        for v_column in
            select m.column_name, m.from_value, m.to_value
            from jsonb_to_recordset(p_maps) as m (table_name text, column_name text, from_value text, to_value text)
            where m.table_name = v_table.table_name
        loop
            execute format(
                'select count(*) from %I.%I where %I::text = %L', p_source, v_table.table_name, v_column.column_name,
                v_column.from_value
            ) into v_rows;
            perform pg_temp.adopt_add(
                3, 'change',
                format(
                    '%s.%s: %s becomes %s (%s rows)', v_table.table_name, v_column.column_name, v_column.from_value,
                    v_column.to_value, v_rows
                ),
                'You asked for it with --map. A trigger does the same with every row that is written.',
                format('Queries for %s find nothing from now on.', v_column.from_value),
                format(
                    'update %I.%I set %3$I = %4$L where %3$I = %5$L', p_target, v_table.table_name,
                    v_column.column_name, v_column.to_value, v_column.from_value
                )
            );
            v_body := v_body || format(
                '    if new.%1$I = %2$L then new.%1$I := %3$L; end if;', v_column.column_name, v_column.from_value,
                v_column.to_value
            );
            v_when := v_when || format('new.%I = %L', v_column.column_name, v_column.from_value);
        end loop;
        if v_body <> '{}' then
            perform pg_temp.adopt_add(
                3, 'sql', 'fill', '', '',
                format(
                    'update %I.%I as new set %s where %s', p_target, v_table.table_name,
                    array_to_string(array_remove(v_set, null), ', '), array_to_string(v_when, ' or ')
                )
            )
            where array_remove(v_set, null) <> '{}';
            perform pg_temp.adopt_add(
                3, 'sql', 'fill', '', '',
                format(
                    'create function %1$I.%2$I() returns trigger language plpgsql set search_path = %1$I, pg_temp as'
                    ' $fill$' || e'\nbegin\n%3$s\n    return new;\nend\n$fill$', p_target,
                    left('fill_' || v_table.table_name, 63), array_to_string(v_body, e'\n')
                ),
                format('drop function if exists %I.%I()', p_target, left('fill_' || v_table.table_name, 63))
            );
            perform pg_temp.adopt_add(
                3, 'sql', 'fill', '', '',
                format(
                    'create trigger zz_001_fill before insert or update on %1$I.%2$I for each row when (%3$s)'
                    ' execute function %1$I.%4$I();'
                    ' alter table %1$I.%2$I enable always trigger zz_001_fill', p_target, v_table.table_name, array_to_string(v_when, ' or '),
                    left('fill_' || v_table.table_name, 63)
                ),
                format('drop trigger if exists zz_001_fill on %I.%I', p_target, v_table.table_name)
            );
            perform pg_temp.adopt_add(
                3, 'sql', 'fill', '', '',
                format('revoke all on function %I.%I() from public', p_target, left('fill_' || v_table.table_name, 63))
            );
        end if;
    end loop;

    -- Statements of the unit, each under a comment: what, why, you; the column of theirs that must be
    -- new or old, if any; and which rows it is about, in their schema.
    for v_head, v_statement in
        select regexp_replace((regexp_match(s.statement, '^(?:--[^\n]*\n)*'))[1], '\n--\s{3,}', ' ', 'g'),
            regexp_replace(s.statement, '^(?:--[^\n]*\n)*', '')
        from regexp_split_to_table(coalesce(p_steps, ''), '\n\n(?=-- what:)') as s (statement)
        where s.statement ~ '-- what:'
    loop
        continue when exists (
            select
            from (values ('new'), ('old')) as k (side)
            cross join lateral (select substring(v_head from format('-- %s: (\S+)', k.side)) as place) as p
            where p.place is not null and (k.side = 'new') = exists (
                select from pg_temp.adopt_column as t
                where t.side = 'theirs' and concat(t.table_name, '.', t.column_name) = p.place
            )
        );
        v_rows := null;
        if v_head ~ '-- rows:' then
            perform set_config('search_path', quote_ident(p_source) || ', pg_temp', true);
            execute 'select count(*) ' || substring(v_head from '-- rows: ([^\n]*)') into v_rows;
            perform set_config('search_path', 'pg_catalog, pg_temp', true);
            continue when v_rows = 0;
        end if;
        perform pg_temp.adopt_add(
            3, case when v_head ~ '-- why:' then 'change' else 'sql' end,
            concat(substring(v_head from '-- what: ([^\n]*)'), format(' (%s rows)', v_rows)), coalesce(substring(v_head from '-- why: ([^\n]*)'), ''),
            coalesce(substring(v_head from '-- you: ([^\n]*)'), ''),
            rtrim(v_statement, e';\n ')
        );
    end loop;

    for v_table in
        select o.table_name,
            string_agg(format('%1$I = %1$I', o.column_name), ', ' order by o.place) as touched,
            string_agg(format('alter column %I set not null', o.column_name), ', ' order by o.place) as tight
        from pg_temp.adopt_column as o
        where o.side = 'ours' and o.not_null and o.expression is null and o.identity = ''
            and o.table_name in (select t.table_name from pg_temp.adopt_table as t where t.side = 'theirs')
            and not exists (
                select from pg_temp.adopt_column as t
                where t.side = 'theirs' and t.table_name = o.table_name and t.column_name = o.column_name
            )
        group by o.table_name
    loop
        -- The triggers that derive columns see their own columns named, and fill them.
        perform pg_temp.adopt_add(3, 'sql', v_table.table_name, '', '',
            format('update %I.%I set %s', p_target, v_table.table_name, v_table.touched));
        perform pg_temp.adopt_add(3, 'sql', v_table.table_name, '', '',
            format('alter table %I.%I %s', p_target, v_table.table_name, v_table.tight));
    end loop;
end
$function$;
