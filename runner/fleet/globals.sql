-- Views over a whole fleet, in a database that has the package applied: they have the columns of its own views. Made by
-- `sessionbook globals`; run it as a superuser, again after a release or after the fleet file changed.
create extension if not exists postgres_fdw;
begin;
do $globals$
declare
    v_fleet constant jsonb := '{fleet}';
    v_server jsonb;
    v_view record;
    v_tenant record;
    v_name text;
    v_number integer := 0;
begin
    set local client_min_messages = warning;
    drop schema if exists globals cascade;
    for v_name in select s.srvname from pg_catalog.pg_foreign_server as s where s.srvname ^@ 'sessionbook:' loop
        execute format('drop server %I cascade', v_name);
    end loop;
    create schema globals;
    comment on schema globals is 'Views over a fleet of Sessionbook; globals.servers says which servers answer.';
    create table globals.sources (
        server text not null, tenant text, unit text not null, view_name text, relation regclass not null
    );
    comment on table globals.sources is 'Foreign tables below the views; without view_name: the registry of a server.';
    create temp table pg_temp.read_models on commit drop as
    select
        i.unit, c.relname::text as view_name,
        case when i.unit = 'lifecycle' then '' else i.unit || '_' end || c.relname as global_name,
        string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum) as columns
    from (
        select distinct on (o.unit) o.unit, o.schema_name
        from sessionbook.installations as o
        order by o.unit, o.schema_name <> o.unit, o.schema_name
    ) as i
    inner join pg_catalog.pg_class as c on c.relnamespace = quote_ident(i.schema_name)::regnamespace and c.relkind = 'v'
    inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
    group by i.unit, c.relname;
    for v_server in select f.value from jsonb_array_elements(v_fleet) as f loop
        v_name := 'sessionbook:' || (v_server ->> 'name');
        execute format(
            'create server %I foreign data wrapper postgres_fdw options (%s)', v_name, (
                select string_agg(format('%I %L', o.key, o.value), ', ')
                from jsonb_each_text('{"connect_timeout": "3", "updatable": "false"}' || v_server -> 'options') as o
            )
        );
        execute format('create user mapping for current_user server %I options (password_required ''false''%s)', v_name,
            (select string_agg(format(', %I %L', o.key, o.value), '') from jsonb_each_text(v_server -> 'user') as o));
        for v_tenant in
            select null as tenant, null as unit, null as view_name, 'sessionbook' as schema_name,
                'installations' as table_name, 'schema_name text, unit text, version text' as columns
            union all
            select t.key, m.unit, m.view_name, coalesce(t.key, 'lifecycle'), m.view_name, m.columns
            from (
                select e.key, e.value from jsonb_each_text(v_server -> 'tenants') as e
                union all
                values (null, 'lifecycle')
            ) as t
            inner join pg_temp.read_models as m on t.value = m.unit
        loop
            v_number := v_number + 1;
            execute format(
                'create foreign table globals.source_%s (%s) server %I options (schema_name %L, table_name %L)',
                v_number, v_tenant.columns, v_name, v_tenant.schema_name, v_tenant.table_name
            );
            insert into globals.sources (server, tenant, unit, view_name, relation)
            values (
                v_server ->> 'name', v_tenant.tenant, coalesce(v_tenant.unit, ''), v_tenant.view_name,
                format('globals.source_%s', v_number)::regclass
            );
        end loop;
    end loop;
    for v_view in select m.unit, m.view_name, m.global_name, m.columns from pg_temp.read_models as m loop
        execute format('create type globals.%I as (%s)', v_view.global_name || '_row', v_view.columns);
        execute format(
            $sql$
create function globals.%3$I()
returns table (server text, tenant text, found globals.%4$I)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $function$
declare
    v_source record;
    v_rows globals.%4$I[];
begin
    for v_source in select * from globals.answering(%1$L, %2$L) as a loop
        begin
            execute format('select array_agg(row(f.*)::globals.%4$I) from %%s as f', v_source.relation) into v_rows;
        exception
            when others then
                raise warning '%% of server %% is left out: %%', v_source.tenant, v_source.server, sqlerrm;
                continue;
        end;
        return query select v_source.server, v_source.tenant, r from unnest(v_rows) as r;
    end loop;
end
$function$
            $sql$, v_view.unit, v_view.view_name, 'read_' || v_view.global_name, v_view.global_name || '_row'
        );
        execute format(
            'create view globals.%I as select r.server, r.tenant, (r.found).* from globals.%I() as r',
            v_view.global_name, 'read_' || v_view.global_name
        );
        execute format(
            'comment on view globals.%I is %L', v_view.global_name,
            'Rows of all servers that answer; a warning names each that does not, and globals.servers says why.'
        );
    end loop;
end
$globals$;

-- What each server says of itself. One that cannot be asked has its reason in problem.
create function globals.ask()
returns table (server text, answers boolean, is_older boolean, tenants text[], missing text[], problem text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $function$
declare
    v_relation regclass;
begin
    for server, v_relation in
        select s.server, s.relation from globals.sources as s where s.view_name is null order by s.server
    loop
        begin
            execute format(
                $sql$
                select coalesce(bool_or(f.version < l.version), false),
                    coalesce(array_agg(f.schema_name order by f.schema_name) filter (where f.unit <> 'lifecycle'), '{}')
                from %s as f
                left join (
                    select i.unit, max(i.version) as version from sessionbook.installations as i group by i.unit
                ) as l on f.unit = l.unit
                $sql$, v_relation
            ) into is_older, tenants;
            answers := true;
            problem := null;
            missing := array(
                select distinct s.tenant from globals.sources as s
                where s.server = ask.server and s.tenant <> all(ask.tenants)
                order by s.tenant
            );
        exception
            when others then
                answers := false;
                is_older := null;
                tenants := null;
                missing := null;
                get stacked diagnostics problem = pg_exception_detail;
                problem := concat_ws(': ', sqlerrm, nullif(problem, ''));
        end;
        return next;
    end loop;
end
$function$;

create view globals.servers as
select a.server, a.answers, a.is_older, a.tenants, a.missing, a.problem from globals.ask() as a;
comment on view globals.servers is
'One row a server. answers: false: its rows are in no view, problem says why. is_older: an installation has not the
migrations of this database. tenants: what it has; missing: what the fleet file places there, and it has not.';

create function globals.answering(p_unit text, p_view text)
returns table (server text, tenant text, relation regclass)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $function$
declare
    v_server record;
begin
    for v_server in select * from globals.ask() as a loop
        if not v_server.answers then
            raise warning 'server % is left out: %', v_server.server, v_server.problem;
        elsif v_server.missing <> '{}' then
            raise warning 'server % has not: %', v_server.server, array_to_string(v_server.missing, ', ');
        end if;
        return query
        select s.server, s.tenant, s.relation
        from globals.sources as s
        where s.server = v_server.server and v_server.answers and s.unit = p_unit and s.view_name = p_view
            and (s.tenant is null or s.tenant = any(v_server.tenants));
    end loop;
end
$function$;

revoke all on schema globals from public;
revoke all on all functions in schema globals from public;
commit;
