-- Everything that adopting takes, and everything in its way. p_options: unit, source, target, instants_in, maps, names,
-- replaced, roles, steps.
create function pg_temp.adopt_plan(p_options jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_source constant text := p_options ->> 'source';
    v_target constant text := p_options ->> 'target';
begin
    delete from pg_temp.adopt_step;
    delete from pg_temp.adopt_view;
    delete from pg_temp.adopt_table where side = 'theirs';
    delete from pg_temp.adopt_column where side = 'theirs';
    delete from pg_temp.adopt_key where side = 'theirs';
    perform pg_temp.adopt_read(
        'theirs', v_source, array(select o.table_name from pg_temp.adopt_table as o where o.side = 'ours')
    );
    perform pg_temp.adopt_tables(v_source, v_target);
    -- Said by now; nothing more can be found out about them.
    delete from pg_temp.adopt_table as t
    where t.side = 'theirs' and not exists (
        select from pg_class as c where c.oid = t.oid and pg_has_role(c.relowner, 'usage')
    );
    delete from pg_temp.adopt_column as c
    where c.side = 'theirs'
        and c.table_name not in (select t.table_name from pg_temp.adopt_table as t where t.side = 'theirs');
    perform pg_temp.adopt_views(v_source);
    perform pg_temp.adopt_columns(
        v_source, v_target, coalesce(p_options ->> 'instants_in', current_setting('TimeZone'))
    );
    perform pg_temp.adopt_rows(v_source, v_target, p_options -> 'maps', p_options ->> 'steps');
    perform pg_temp.adopt_keys(v_source, v_target);
    perform pg_temp.adopt_names(v_source, v_target);
    perform pg_temp.adopt_twins(
        v_source, v_target, p_options -> 'names',
        array(select jsonb_array_elements_text(p_options -> 'replaced'))
    );
    perform pg_temp.adopt_access(v_target, (p_options ->> 'roles')::boolean, p_options -> 'names');
    perform pg_temp.adopt_add(
        3, 'change', format('%I.settings.rules is observe', v_target),
        'What our rules do not know passes at first (moves of a status, unknown values, runs), and is noted.',
        format(
            'Read %1$I.rule_violations now and then; if nothing new comes: update %1$I.settings set rules = ''enforce''.'
            ' More people than seats, and one trainer or venue in two places, are refused from now on.', v_target
        )
    );
end
$function$;

create function pg_temp.adopt_run(p_phase integer, p_target text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_statement text;
    v_wakes text[] := '{}';
begin
    if p_phase = 1 then
        for v_statement in select v.drops from pg_temp.adopt_view as v order by v.depth desc, v.name loop
            execute v_statement;
        end loop;
    else
        -- Triggers of ours that derive columns work already; all others of both sides would take this for events.
        for v_statement in
            select format('alter table %s disable trigger %I', t.tgrelid::regclass, t.tgname)
            from pg_trigger as t
            inner join pg_class as c on t.tgrelid = c.oid
            inner join pg_namespace as n on c.relnamespace = n.oid and n.nspname = p_target
            where not t.tgisinternal and t.tgname !~ '^zz_\d+_(derive|take)_'
                and c.relname in (select x.table_name from pg_temp.adopt_table as x where x.side = 'theirs')
        loop
            v_wakes := v_wakes || (
                select format(
                    'alter table %s %s trigger %I', t.tgrelid::regclass,
                    case t.tgenabled
                        when 'D' then 'disable' when 'R' then 'enable replica' when 'A' then 'enable always' else 'enable'
                    end, t.tgname
                )
                from pg_trigger as t
                where v_statement = format('alter table %s disable trigger %I', t.tgrelid::regclass, t.tgname)
            );
            execute v_statement;
        end loop;
    end if;
    for v_statement in
        select s.statement from pg_temp.adopt_step as s where s.phase = p_phase and s.statement <> '' order by s.place
    loop
        perform set_config('search_path', quote_ident(p_target) || ', pg_temp', true);
        execute v_statement;
        perform set_config('search_path', 'pg_catalog, pg_temp', true);
    end loop;
    if p_phase = 1 then
        for v_statement in select v.makes from pg_temp.adopt_view as v order by v.depth, v.name loop
            execute v_statement;
        end loop;
    end if;
    foreach v_statement in array v_wakes loop
        execute v_statement;
    end loop;
end
$function$;

-- Enters what stands in the end: of ours what the package made, changed or not, and nothing of the application's own.
create function pg_temp.adopt_record(p_source text, p_target text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    create table if not exists sessionbook.adoptions (
        schema_name text not null,
        source text not null,
        tables text[] not null,
        undo text[] not null,
        adopted_at timestamptz not null default now(),
        constraint adoptions_pkey primary key (schema_name)
    );
    comment on table sessionbook.adoptions is 'Installations whose tables came from an application.';
    comment on column sessionbook.adoptions.schema_name is 'Schema of the installation.';
    comment on column sessionbook.adoptions.source is 'Schema that the tables came from.';
    comment on column sessionbook.adoptions.tables is 'Their names.';
    comment on column sessionbook.adoptions.undo is 'Statements that take back what was done to them, in order.';
    comment on column sessionbook.adoptions.adopted_at is 'When.';
    revoke all on sessionbook.adoptions from public;
    insert into sessionbook.adoptions as a (schema_name, source, tables, undo)
    select p_target, p_source,
        array(select t.table_name from pg_temp.adopt_table as t where t.side = 'theirs' order by t.oid),
        coalesce(array_agg(s.undo order by s.phase desc, s.place desc), '{}')
    from pg_temp.adopt_step as s
    where s.undo <> ''
    on conflict (schema_name) do update
    set source = excluded.source, tables = excluded.tables, undo = excluded.undo, adopted_at = excluded.adopted_at;
    execute format('update %I.settings set rules = ''observe''', p_target);
    create temporary table adopt_item on commit drop as
    select i.identity, i.definition from sessionbook.items(p_target) as i;
    delete from sessionbook.objects as o
    where o.schema_name = p_target and o.identity not in (select i.identity from pg_temp.adopt_item as i);
    insert into sessionbook.objects as o (schema_name, identity, definition)
    select p_target, i.identity, i.definition
    from pg_temp.adopt_item as i
    where i.identity in (select o.identity from sessionbook.objects as o where o.schema_name = p_target)
        or i.identity ~ '^(schema$|grant to (public|"?sessionbook_)|owner of |trigger zz_001_fill )'
        or i.identity ~ '^function fill_'
    on conflict (schema_name, identity) do update set definition = excluded.definition;
end
$function$;
