-- Views that read a column whose type changes are made again around it, with all that hangs on them.
create function pg_temp.adopt_views(p_source text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $function$
declare
    v_view record;
    v_again text;
begin
    for v_view in
        with recursive reader (oid, depth) as (
            select distinct w.ev_class, 1
            from pg_temp.adopt_column as t
            inner join pg_temp.adopt_column as o
                on o.side = 'ours' and o.table_name = t.table_name and o.column_name = t.column_name
            inner join pg_temp.adopt_table as x on x.side = 'theirs' and x.table_name = t.table_name
            inner join pg_depend as d
                on d.refclassid = 'pg_class'::regclass and d.refobjid = x.oid and d.refobjsubid = t.place
                    and d.classid = 'pg_rewrite'::regclass
            inner join pg_rewrite as w on w.oid = d.objid
            where t.side = 'theirs' and pg_temp.adopt_fit(o.type_oid, t.type_oid, t.column_name) = 'convert'
            union
            select w.ev_class, r.depth + 1
            from reader as r
            inner join pg_depend as d
                on d.refclassid = 'pg_class'::regclass and d.refobjid = r.oid and d.classid = 'pg_rewrite'::regclass
            inner join pg_rewrite as w on w.oid = d.objid and w.ev_class <> r.oid
        )
        select c.oid, c.relkind, c.relacl, c.relowner, c.reloptions, max(r.depth) as depth, format('%I.%I', n.nspname, c.relname) as name
        from reader as r
        inner join pg_class as c on c.oid = r.oid and c.relkind in ('v', 'm')
        inner join pg_namespace as n on c.relnamespace = n.oid
        group by c.oid, n.nspname
        order by max(r.depth), c.oid
    loop
        v_again := format(
            'create %sview %s%s as %s', case v_view.relkind when 'm' then 'materialized ' end, v_view.name,
            ' with (' || array_to_string(v_view.reloptions, ', ') || ')', rtrim(pg_get_viewdef(v_view.oid), ';')
        );
        select concat_ws(e';\n', v_again, string_agg(x.statement, e';\n'))
        into v_again
        from (
            select format('alter table %s owner to %s', v_view.name, v_view.relowner::regrole) as statement
            where v_view.relowner::regrole::text <> current_user::regrole::text
            union all
            select pg_get_indexdef(i.indexrelid) from pg_index as i where i.indrelid = v_view.oid
            union all
            select pg_get_triggerdef(t.oid) from pg_trigger as t where t.tgrelid = v_view.oid and not t.tgisinternal
            union all
            select format(
                'grant %s on %s to %s%s', a.privilege_type, v_view.name,
                case when a.grantee = 0 then 'public' else a.grantee::regrole::text end,
                case when a.is_grantable then ' with grant option' end
            )
            from aclexplode(v_view.relacl) as a
            where a.grantee <> v_view.relowner
            union all
            select format(
                'grant %s (%I) on %s to %s', a.privilege_type, t.attname, v_view.name,
                case when a.grantee = 0 then 'public' else a.grantee::regrole::text end
            )
            from pg_attribute as t
            cross join lateral aclexplode(t.attacl) as a
            where t.attrelid = v_view.oid
            union all
            select case d.objsubid
                when 0 then format(
                    'comment on %sview %s is %L', case v_view.relkind when 'm' then 'materialized ' end, v_view.name,
                    d.description
                )
                else format(
                    'comment on column %s.%I is %L', v_view.name,
                    (select a.attname from pg_attribute as a where a.attrelid = v_view.oid and a.attnum = d.objsubid),
                    d.description
                )
            end
            from pg_description as d
            where d.classoid = 'pg_class'::regclass and d.objoid = v_view.oid
        ) as x;
        -- Taken away before the first column changes, the outermost first; made again after the last.
        insert into pg_temp.adopt_view (name, depth, drops, makes)
        values (
            v_view.name, v_view.depth,
            format('drop %sview %s', case v_view.relkind when 'm' then 'materialized ' end, v_view.name), v_again
        );
    end loop;
    perform pg_temp.adopt_add(
        1, 'change', 'made again: ' || (select string_agg(v.name, ', ' order by v.depth, v.name) from pg_temp.adopt_view as v),
        'These views read a column that gets a time zone. Their grants, indexes, triggers and comments come back.',
        'Nothing: it is the same transaction.'
    )
    where exists (select from pg_temp.adopt_view);
end
$function$;

-- A search_path with a schema right behind another; null: it need not be changed.
create function pg_temp.adopt_path(p_path text, p_source text, p_target text, p_role text default null)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
with element as (
    select e.name, e.place
    from regexp_split_to_table(p_path, '\s*,\s*') with ordinality as e (name, place)
),
source as (
    select min(e.place) as place
    from element as e
    where e.name in (quote_ident(p_source), quote_ident(p_source), format('"%s"', p_source))
        or e.name in ('"$user"', '$user') and p_role = p_source
)
select string_agg(
    case when e.place = s.place then concat(e.name, ', ', quote_ident(p_target)) else e.name end, ', ' order by e.place
)
from element as e, source as s
where s.place is not null and not exists (
    select from element as t where t.name in (quote_ident(p_target), format('"%s"', p_target))
)
having count(*) > 0
$function$;

create function pg_temp.adopt_names(p_source text, p_target text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_database constant name := current_database();
    v_found record;
    v_old text;
    v_new text;
    v_tables constant text[] := array(select t.table_name from pg_temp.adopt_table as t where t.side = 'theirs');
begin
    select substr(c.setting, 13) into v_old
    from pg_db_role_setting as s
    inner join pg_database as d on s.setdatabase = d.oid and d.datname = v_database
    cross join lateral unnest(s.setconfig) as c (setting)
    where s.setrole = 0 and c.setting ^@ 'search_path=';
    v_new := pg_temp.adopt_path(coalesce(v_old, '"$user", public'), p_source, p_target);
    if v_new is not null then
        perform pg_temp.adopt_add(
            3, 'change', format('search_path of database %I: %s', v_database, v_new),
            format('Statements that name no schema find the tables in %I too; schema %I stays in front.', p_target, p_source),
            format(
                'Look for statements and settings of the application that name %1$I.TABLE, or a search_path: they need'
                ' %2$I as well. An application that makes its tables when it starts must not make them in %1$I again.',
                p_source, p_target
            ),
            format('alter database %I set search_path = %s', v_database, v_new),
            coalesce(
                'alter database ' || quote_ident(v_database) || ' set search_path = ' || v_old,
                format('alter database %I reset search_path', v_database)
            )
        );
        perform pg_temp.adopt_add(
            3, 'stop', format('%I may not set the search_path of database %I', current_user, v_database),
            'Only the owner of a database may.',
            format('Have the owner run: alter database %I owner to %I, or adopt as the owner.', v_database, current_user)
        )
        where not exists (
            select from pg_database as d where d.datname = v_database and pg_has_role(d.datdba, 'usage')
        );
    elsif pg_temp.adopt_path(coalesce(v_old, '"$user", public'), p_target, p_source) is null then
        perform pg_temp.adopt_add(
            3, 'note', format('schema %I is on no search_path of this database', p_source),
            'So the application names it, or sets a search_path itself.',
            format('Have it name %I instead, or set the search_path to %I, %I.', p_target, p_source, p_target)
        );
    end if;
    for v_found in
        select r.rolname, s.setdatabase <> 0 as is_here, substr(c.setting, 13) as path,
            pg_temp.adopt_path(substr(c.setting, 13), p_source, p_target, r.rolname) as new,
            r.rolname = current_user or x.rolsuper or x.rolcreaterole as may
        from pg_db_role_setting as s
        inner join pg_roles as r on r.oid = s.setrole
        inner join pg_roles as x on x.rolname = current_user
        cross join lateral unnest(s.setconfig) as c (setting)
        where c.setting ^@ 'search_path='
            and s.setdatabase in (0, (select d.oid from pg_database as d where d.datname = v_database))
            and pg_temp.adopt_path(substr(c.setting, 13), p_source, p_target, r.rolname) is not null
    loop
        perform pg_temp.adopt_add(
            3, case when v_found.may then 'change' else 'stop' end,
            format('search_path of role %I: %s', v_found.rolname, v_found.new),
            'It has a search_path of its own, which counts for it instead of the database''s.',
            case when v_found.may then 'Nothing.' else format(
                'Have somebody with CREATEROLE run: alter role %I in database %I set search_path = %s',
                v_found.rolname, v_database, v_found.new
            ) end,
            case when v_found.may then format(
                'alter role %I in database %I set search_path = %s', v_found.rolname, v_database, v_found.new
            ) end,
            case when v_found.is_here
                then format('alter role %I in database %I set search_path = %s', v_found.rolname, v_database, v_found.path)
                else format('alter role %I in database %I reset search_path', v_found.rolname, v_database)
            end
        );
    end loop;
    -- Functions of the application: those that its triggers call here are called out of ours as well, which look in
    -- their own schema only.
    for v_found in
        select p.oid::regprocedure::text as name, c.path, p.prosrc,
            case
                when c.path is null then concat_ws(', ', quote_ident(p_source), quote_ident(p_target))
                else pg_temp.adopt_path(c.path, p_source, p_target)
            end as new,
            pg_has_role(p.proowner, 'usage') as may,
            p.prosrc ~* format(
                '\m"?%s"?\s*\.\s*"?(%s)\M', p_source, array_to_string(v_tables, '|')
            ) as names_it,
            exists (
                select
                from pg_trigger as t
                inner join pg_temp.adopt_table as x on x.side = 'theirs' and x.oid = t.tgrelid
                where t.tgfoid = p.oid
            ) as is_called
        from pg_proc as p
        inner join pg_namespace as n on p.pronamespace = n.oid
        inner join pg_language as l on p.prolang = l.oid
        left join lateral (
            select substr(c.setting, 13) from unnest(p.proconfig) as c (setting) where c.setting ^@ 'search_path='
        ) as c (path) on true
        where n.nspname not in ('pg_catalog', 'information_schema', 'lifecycle', 'sessionbook', p_target)
            and n.nspname !~ '^pg_' and l.lanname not in ('c', 'internal') and p.prokind <> 'a' and p.prosqlbody is null
            and not exists (
                select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
            )
        order by 1
    loop
        if v_found.names_it then
            perform pg_temp.adopt_add(1, 'stop', format('function %s', v_found.name),
                format('Its text says where the tables are (%I.TABLE), and they go elsewhere.', p_source),
                'Take the schema out of its text.');
        end if;
        continue when v_found.new is null or (v_found.path is null and not v_found.is_called);
        perform pg_temp.adopt_add(
            1, case when v_found.may then 'change' else 'stop' end,
            format('search_path of function %s: %s', v_found.name, v_found.new),
            'Statements of our functions set it off too, and these look in our schema only.',
            case when v_found.may then 'Nothing.' else 'Have its owner set this search_path.' end,
            case when v_found.may then format('alter routine %s set search_path = %s', v_found.name, v_found.new) end,
            case when v_found.path is null
                then format('alter routine %s reset search_path', v_found.name)
                else format('alter routine %s set search_path = %s', v_found.name, v_found.path)
            end
        );
    end loop;
end
$function$;

-- What has a name of ours and stays where the application finds it, and views that ours are to stand for.
create function pg_temp.adopt_twins(p_source text, p_target text, p_names jsonb, p_replaced text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_found record;
begin
    for v_found in
        select c.oid, c.relname, c.relname = any(p_replaced) as is_replaced
        from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        where n.nspname = p_source and c.relkind in ('v', 'm') and p_names -> 'views' ? c.relname
        order by 2
    loop
        if not v_found.is_replaced then
            perform pg_temp.adopt_add(3, 'note', format('view %I.%I', p_source, v_found.relname),
                format('It stays, and the application finds it before ours, %I.%I.', p_target, v_found.relname),
                format('Nothing, or have it read ours: --replace %s', v_found.relname));
        else
            perform pg_temp.adopt_add(
                3, 'change', format('view %I.%I reads %I.%I', p_source, v_found.relname, p_target, v_found.relname),
                'You asked for it with --replace. Its columns, their types and who may read it stay.', 'Compare its rows.',
                (
                    select format(
                        'create or replace view %I.%I as select %s from %I.%I as v', p_source, v_found.relname,
                        string_agg(
                            format('v.%1$I::%2$s as %1$I', a.attname, format_type(a.atttypid, a.atttypmod)),
                            ', ' order by a.attnum
                        ), p_target, v_found.relname
                    )
                    from pg_attribute as a
                    where a.attrelid = v_found.oid and a.attnum > 0 and not a.attisdropped
                ),
                format('create or replace view %I.%I as %s', p_source, v_found.relname, pg_get_viewdef(v_found.oid))
            );
        end if;
    end loop;
    select string_agg(distinct p.proname, ', ' order by p.proname) as names into v_found
    from pg_proc as p
    inner join pg_namespace as n on p.pronamespace = n.oid
    where n.nspname = p_source and p_names -> 'functions' ? p.proname;
    perform pg_temp.adopt_add(
        3, 'note', format('functions in %I that have the name of one of ours: %s', p_source, v_found.names),
        'They stay, and the application finds them first if the arguments fit.',
        format('Call ours as %I.NAME().', p_target)
    )
    where v_found.names is not null;
end
$function$;

-- Roles that could use the tables go on: with usage of the schema, and writers with the role that may write ours too.
create function pg_temp.adopt_access(p_target text, p_roles boolean, p_names jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_found record;
    v_guests text;
    v_writers text[];
begin
    select string_agg(n.name, ', ') into v_guests
    from jsonb_array_elements_text(p_names -> 'roles') as n (name)
    where n.name not in (select r.rolname from pg_roles as r);
    perform pg_temp.adopt_add(1, 'stop', 'there is no role ' || v_guests,
        format('Our grants are to these roles, and %I may not make them.', current_user),
        'Have somebody with CREATEROLE apply once to any database of the cluster, or use --no-roles.')
    where p_roles and v_guests is not null
        and not exists (select from pg_roles as r where r.rolname = current_user and (r.rolcreaterole or r.rolsuper));
    with holder as (
        select distinct a.grantee, a.privilege_type in ('INSERT', 'UPDATE', 'DELETE') as writes
        from pg_temp.adopt_table as t
        inner join pg_class as c on c.oid = t.oid
        cross join lateral (
            select e.grantee, e.privilege_type from aclexplode(c.relacl) as e
            union all
            select e.grantee, e.privilege_type
            from pg_attribute as x
            cross join lateral aclexplode(x.attacl) as e
            where x.attrelid = c.oid
        ) as a
        where t.side = 'theirs' and a.grantee <> c.relowner and a.grantee <> current_user::regrole
    )
    select
        string_agg(distinct case when h.grantee = 0 then 'public' else h.grantee::regrole::text end, ', '),
        array_agg(distinct h.grantee::regrole::text) filter (where h.writes and h.grantee <> 0)
    into v_guests, v_writers
    from holder as h;
    perform pg_temp.adopt_add(
        3, 'change', format('usage of schema %I for %s', p_target, v_guests),
        'They have rights to the tables, and need one to the schema that these are in now.', 'Nothing.',
        format('grant usage on schema %I to %s', p_target, v_guests),
        format('revoke usage on schema %I from %s', p_target, v_guests)
    )
    where v_guests is not null;
    if v_writers is null then
        return;
    end if;
    if not p_roles then
        perform pg_temp.adopt_add(3, 'note', array_to_string(v_writers, ', '),
            'They write the tables, and there are no roles of ours (--no-roles).',
            'Grant them execute on those of our functions that they are to call.');
        return;
    end if;
    perform pg_temp.adopt_add(
        3, 'change', format('member of sessionbook_writer: %s', array_to_string(v_writers, ', ')),
        'They write the tables; this role may write those that are new as well, and call our functions.',
        'Use --no-roles if they are not to.',
        format('grant sessionbook_writer to %s', array_to_string(v_writers, ', ')),
        format('revoke sessionbook_writer from %s', array_to_string(v_writers, ', '))
    );
    select r.rolname into v_found
    from pg_roles as r, pg_roles as x
    where r.rolname = 'sessionbook_writer' and x.rolname = current_user
        and not pg_has_role(r.oid, 'usage with admin option')
        and not (x.rolcreaterole and current_setting('server_version_num')::integer < 160000);
    perform pg_temp.adopt_add(3, 'stop', format('%I may not grant sessionbook_writer', current_user),
        'Only members with the admin option may.',
        format('Have one of them run: grant sessionbook_writer to %I with admin option, or use --no-roles.', current_user))
    where found;
end
$function$;
