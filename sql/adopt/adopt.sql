-- Does what stands in the plan, a phase at a time; 0 is for the tables that still are where they were.
create function pg_temp.adopt_run(p_phases integer[], p_target text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_statement text;
    v_stops text[];
    v_wakes text[];
begin
    if p_phases = '{0}' then
        perform pg_temp.adopt_around(array(
            select s.statement from pg_temp.adopt_step as s where s.phase = 0 and s.statement <> '' order by s.place
        ));
        return;
    end if;
    -- Triggers of ours that derive columns work already; all others of both sides would take this for events.
    select array_agg(format('alter table %s disable trigger %I', t.tgrelid::regclass, t.tgname)),
        array_agg(format(
            'alter table %I.%I %s trigger %I', p_target, x.table_name,
            case t.tgenabled when 'R' then 'enable replica' when 'A' then 'enable always' else 'enable' end, t.tgname
        ))
    into v_stops, v_wakes
    from pg_trigger as t
    inner join pg_temp.adopt_table as x on x.side = 'theirs' and x.oid = t.tgrelid
    where not t.tgisinternal and t.tgenabled <> 'D' and t.tgname !~ '^zz_\d+_(derive|take)_';
    for v_statement in
        select u.statement
        from unnest(v_stops || array(
            select s.statement
            from pg_temp.adopt_step as s
            where s.phase = any(p_phases) and s.statement <> ''
            order by s.phase, s.place
        ) || v_wakes) with ordinality as u (statement, place)
        order by u.place
    loop
        perform set_config('search_path', quote_ident(p_target) || ', pg_temp', true);
        execute v_statement;
        perform set_config('search_path', 'pg_catalog, pg_temp', true);
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
        array(select s.undo from pg_temp.adopt_step as s where s.undo <> '' order by s.phase desc, s.place desc)
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
        or i.identity ~ '^(schema$|grant to (public|"?sessionbook_)|owner of |trigger zz_001_fill |function fill_)'
    on conflict (schema_name, identity) do update set definition = excluded.definition;
end
$function$;
