-- What finds the tables by name, and who may use them. A search_path with a schema right behind another; null: it need
-- not be changed.
create function pg_temp.adopt_path(p_path text, p_role text default null)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
with element as (
    select e.name, e.place, e.name in (quote_ident(q.source), format('"%s"', q.source))
        or e.name in ('"$user"', '$user') and p_role = q.source as is_source,
        e.name in (quote_ident(q.target), format('"%s"', q.target)) as is_target, quote_ident(q.target) as target
    from pg_temp.adopt_asked as q
    cross join regexp_split_to_table(p_path, '\s*,\s*') with ordinality as e (name, place)
)
select string_agg(
    case when e.is_source and e.place = (select min(f.place) from element as f where f.is_source)
        then concat(e.name, ', ', e.target) else e.name end, ', ' order by e.place
)
from element as e
having bool_or(e.is_source) and not bool_or(e.is_target)
$function$;

-- Of the database; of roles; of functions that set one; of functions that triggers call, because statements of ours set
-- these off too, and see our schema only.
insert into pg_temp.adopt_step (phase, kind, what, why, you, statement, undo)
select 3, case when p.may then 'change' else 'stop' end, format('search_path of %s: %s', p.name, p.new), p.why,
    case
        when p.may then p.you
        else format('Have somebody who may run: alter %s set search_path = %s', p.place, p.new)
    end,
    format('alter %s set search_path = %s', p.place, p.new),
    format('alter %s ', p.place) || coalesce('set search_path = ' || p.old, 'reset search_path')
from (
    select 1 as rank, format('database %I', d.datname) as name, format('database %I', d.datname) as place,
        s.path as old,
        pg_temp.adopt_path(coalesce(s.path, '"$user", public')) as new, pg_has_role(d.datdba, 'usage') as may,
        format('Statements that name no schema find the tables in %I too, after schema %I.', q.target, q.source) as why,
        format(
            'Look for statements and settings of the application that name %1$I.TABLE, or a search_path: they need'
            ' %2$I as well. An application that makes its tables when it starts must not make them in %1$I again.',
            q.source, q.target
        ) as you
    from pg_temp.adopt_asked as q
    inner join pg_database as d on d.datname = current_database()
    left join lateral (
        select substr(c.setting, 13) as path
        from pg_db_role_setting as s
        cross join lateral unnest(s.setconfig) as c (setting)
        where s.setrole = 0 and s.setdatabase = d.oid and starts_with(c.setting, 'search_path=')
    ) as s on true
    union all
    select 2, format('role %I', r.rolname), format('role %I in database %I', r.rolname, current_database()),
        case when s.setdatabase <> 0 then substr(c.setting, 13) end,
        pg_temp.adopt_path(substr(c.setting, 13), r.rolname),
        r.rolname = current_user or x.rolsuper or x.rolcreaterole,
        'It has a search_path of its own, which counts for it instead of the database''s.', 'Nothing.'
    from pg_db_role_setting as s
    inner join pg_roles as r on s.setrole = r.oid
    inner join pg_roles as x on x.rolname = current_user
    cross join lateral unnest(s.setconfig) as c (setting)
    where starts_with(c.setting, 'search_path=')
        and s.setdatabase in (0, (select d.oid from pg_database as d where d.datname = current_database()))
    union all
    select 3, format('function %s', p.oid::regprocedure), format('routine %s', p.oid::regprocedure), c.path,
        case
            when c.path is not null then pg_temp.adopt_path(c.path)
            when p.oid in (
                select t.tgfoid from pg_trigger as t inner join pg_temp.adopt_table as x on t.tgrelid = x.oid
            ) then format('%I, %I', q.source, q.target)
        end, pg_has_role(p.proowner, 'usage'),
        'Statements of our functions set it off too, and these look in our schema only.', 'Nothing.'
    from pg_temp.adopt_asked as q
    cross join pg_proc as p
    inner join pg_language as l on p.prolang = l.oid and l.lanname not in ('c', 'internal')
    left join lateral (
        select substr(c.setting, 13)
        from unnest(p.proconfig) as c (setting)
        where starts_with(c.setting, 'search_path=')
    ) as c (path) on true
    where p.prosqlbody is null
        and p.pronamespace::regnamespace::text not in ('lifecycle', 'sessionbook', quote_ident(q.target))
        and not exists (
            select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
) as p
where p.new is not null
order by p.rank, p.name;

insert into pg_temp.adopt_step (phase, kind, what, why, you)
select 1, 'stop', format('function %s', p.oid::regprocedure) as what,
    format('Its text says where the tables are (%I.TABLE), and they go elsewhere.', q.source),
    'Take the schema out of its text.'
from pg_temp.adopt_asked as q
inner join pg_proc as p on p.prosqlbody is null and p.oid >= 16384
where p.prosrc ~* format(
        '\m"?%s"?\s*\.\s*"?(%s)\M', regexp_replace(q.source, '(\W)', '\\\1', 'g'),
        (select string_agg(t.table_name, '|') from pg_temp.adopt_table as t where t.side = 'theirs')
    )
union all
select 3, 'note', format('schema %I is on no search_path of this database', q.source),
    'So the application names it, or sets a search_path itself.',
    format('Have it name %I instead, or set the search_path to %I, %I.', q.target, q.source, q.target)
from pg_temp.adopt_asked as q
where q.source <> 'public' and not exists (
        select from pg_temp.adopt_step as s where s.what ~ '^search_path of (database|role)'
    )
union all
-- What has a name of ours and stays where the application finds it.
select 3, 'note', format('view %I.%I', q.source, c.relname),
    format('It stays, and the application finds it before ours, %I.%I.', q.target, c.relname),
    format('Nothing, or have it read ours: --replace %s', c.relname)
from pg_temp.adopt_asked as q
inner join pg_class as c on c.relnamespace = to_regnamespace(quote_ident(q.source)) and c.relkind in ('v', 'm')
where q.names -> 'views' ? c.relname and not q.replaced ? c.relname
union all
select 3, 'note', format(
        'functions in %I that have the name of one of ours: %s', q.source,
        string_agg(distinct p.proname, ', ' order by p.proname)
    ),
    'They stay, and the application finds them first if the arguments fit.', format('Call ours as %I.NAME().', q.target)
from pg_temp.adopt_asked as q
inner join pg_proc as p on p.pronamespace = to_regnamespace(quote_ident(q.source))
where q.names -> 'functions' ? p.proname
group by q.source, q.target
order by what;

insert into pg_temp.adopt_step (phase, kind, what, why, you, statement, undo)
select 3, 'change', format('view %s reads %I.%I', c.oid::regclass, q.target, c.relname),
    'You asked for it with --replace. Its columns, their types and who may read it stay.', 'Compare its rows.',
    format(
        'create or replace view %s as select %s from %I.%I as v', c.oid::regclass,
        (
            select string_agg(
                format('v.%1$I::%2$s as %1$I', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum
            )
            from pg_attribute as a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        ),
        q.target, c.relname
    ),
    format('create or replace view %s as %s', c.oid::regclass, pg_get_viewdef(c.oid))
from pg_temp.adopt_asked as q
inner join pg_class as c on c.relnamespace = to_regnamespace(quote_ident(q.source)) and c.relkind = 'v'
where q.names -> 'views' ? c.relname and q.replaced ? c.relname
order by c.relname;

-- Roles that could use the tables go on: with usage of the schema, and those that write, no policy being in between, as
-- members of the role that may write ours too.
insert into pg_temp.adopt_step (phase, kind, what, why, you, statement, undo)
with holder as (
    select string_agg(distinct g.name, ', ') as all_,
        string_agg(distinct g.name, ', ')
            filter (where g.writes and g.name <> 'public' and not g.relrowsecurity and g.roles) as writers,
        string_agg(distinct g.name, ', ') filter (where g.writes and (g.relrowsecurity or not g.roles)) as others
    from (
        select case a.grantee when 0 then 'public' else a.grantee::regrole::text end as name,
            a.privilege_type in ('INSERT', 'UPDATE', 'DELETE') as writes, c.relrowsecurity, q.roles
        from pg_temp.adopt_asked as q
        cross join pg_temp.adopt_table as t
        inner join pg_class as c on t.oid = c.oid
        cross join lateral (
            select c.relacl
            union all
            select x.attacl from pg_attribute as x where x.attrelid = c.oid
        ) as l (acl)
        cross join lateral aclexplode(l.acl) as a
        where t.side = 'theirs' and a.grantee not in (c.relowner, current_user::regrole)
    ) as g
)
select 3, k.kind, format(k.what, q.target, h.all_, h.writers, h.others, w.name), k.why,
    format(k.you, current_user, w.name), format(k.statement, q.target, h.all_, h.writers, h.others, w.name),
    format(k.undo, q.target, h.all_, h.writers, h.others, w.name)
from pg_temp.adopt_asked as q
inner join sessionbook.installations as i on q.target = i.schema_name
cross join holder as h
cross join lateral (select i.role_prefix || '_writer') as w (name)
inner join pg_roles as u on u.rolname = current_user
cross join lateral (
    values
        (
            h.all_ is not null, 'change', 'usage of schema %1$I for %2$s',
            'They have rights to the tables, and need one to the schema that these are in now.', 'Nothing.',
            'grant usage on schema %1$I to %2$s', 'revoke usage on schema %1$I from %2$s'
        ),
        (
            h.others is not null, 'change', 'what our triggers call, for %4$s',
            'They write the tables, and are no members of roles of ours: --no-roles, or row security stands between.',
            'Grant them execute on those of our functions that they are to call.',
            'do $do$ declare v_grant text; begin for v_grant in select pg_catalog.format('
            '''grant execute on function %%s to %4$s'', p.oid::pg_catalog.regprocedure) from pg_catalog.pg_proc as p'
            ' where p.pronamespace::pg_catalog.regnamespace::text in (''lifecycle'', %1$L) and p.prokind = ''f'''
            ' and p.prorettype <> ''pg_catalog.trigger''::pg_catalog.regtype and (not p.prosecdef or exists'
            ' (select from pg_catalog.pg_depend as d inner join pg_catalog.pg_proc as c on c.oid = d.objid'
            ' where not c.prosecdef and d.classid = ''pg_catalog.pg_proc''::pg_catalog.regclass'
            ' and d.refobjid = p.oid)) loop execute v_grant; end loop; end $do$;'
            ' grant usage on schema lifecycle to %4$s',
            'revoke all on all functions in schema lifecycle from %4$s;'
            ' revoke usage on schema lifecycle from %4$s'
        ),
        (
            h.writers is not null, 'change', 'member of %5$s: %3$s',
            'They write the tables; this role may write those that are new as well, and call our functions.',
            'Use --no-roles if they are not to.',
            'grant %5$I to %3$s', 'revoke %5$I from %3$s'
        ),
        (
            h.writers is not null and exists (
                select
                from pg_roles as r
                where r.rolname = w.name and not pg_has_role(r.oid, 'usage with admin option')
                    and not (u.rolcreaterole and current_setting('server_version_num')::integer < 160000)
            ), 'stop', '%5$s may not be granted by you', 'Only its members with the admin option may.',
            'Have one of them run: grant %2$I to %1$I with admin option, or use --no-roles.', null, null
        ),
        (
            q.roles and not u.rolcreaterole and not u.rolsuper and exists (
                select
                from sessionbook.grantees() as g (name)
                where g.name <> 'public' and to_regrole(g.name) is null
            ), 'stop', 'our roles are not there', 'Our grants are to them, and you may not make them.',
            'Have somebody with CREATEROLE apply once to any database of the cluster, or use --no-roles.', null, null
        )
) as k (applies, kind, what, why, you, statement, undo)
where k.applies
order by k.what;

insert into pg_temp.adopt_step (phase, kind, what, why, you)
select 3, 'change', format('%I.settings.rules is observe', q.target),
    'What our rules do not know passes at first (moves of a status, unknown values, runs), and is noted. More people'
    ' than seats, and one trainer or venue in two places, are refused from now on.',
    format(
        'Read %1$I.rule_violations now and then; if nothing new comes: update %1$I.settings set rules = ''enforce''',
        q.target
    )
from pg_temp.adopt_asked as q;
