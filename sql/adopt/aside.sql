-- What PostgreSQL wants out of the way before a column changes its type, and comes back as it was: views, with all that
-- hangs on them, policies, and triggers that name the column.
create temporary table adopt_again (depth integer, name text, drops text, makes text) on commit drop;

create function pg_temp.adopt_set_aside(p_tables oid[], p_places smallint[])
returns void
language sql
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $function$
with recursive dependent (classid, oid, depth) as (
    select d.classid, d.objid, 1
    from unnest(p_tables, p_places) as c (oid, place)
    inner join pg_depend as d
        on d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid = c.place
    union
    select d.classid, d.objid, r.depth + 1
    from dependent as r
    inner join pg_rewrite as w on r.classid = 'pg_rewrite'::regclass and w.oid = r.oid
    inner join pg_depend as d
        on d.refclassid = 'pg_class'::regclass and d.refobjid = w.ev_class and d.classid <> 'pg_trigger'::regclass
            and d.objid not in (select x.oid from pg_rewrite as x where x.ev_class = w.ev_class)
),
thing (classid, oid, depth) as (
    select 'pg_class'::regclass, c.oid, max(r.depth)
    from dependent as r
    inner join pg_rewrite as w on r.classid = 'pg_rewrite'::regclass and w.oid = r.oid
    inner join pg_class as c on c.oid = w.ev_class and c.relkind in ('v', 'm')
    group by c.oid
    union all
    select distinct r.classid, r.oid, 0
    from dependent as r
    left join pg_trigger as t on r.classid = 'pg_trigger'::regclass and t.oid = r.oid
    where r.classid = 'pg_policy'::regclass or not t.tgisinternal
)
insert into pg_temp.adopt_again (depth, name, drops, makes)
select t.depth, concat(i.type, ' ', i.identity), concat('drop ', i.type, ' ', i.identity),
    string_agg(p.statement, e';\n' order by p.place)
from thing as t
cross join lateral pg_identify_object(t.classid, t.oid, 0) as i
left join pg_class as c on t.classid = 'pg_class'::regclass and c.oid = t.oid
cross join lateral (
    select 1, format(
        'create %s %s%s as %s%s', i.type, i.identity, ' with (' || array_to_string(c.reloptions, ', ') || ')',
        rtrim(pg_get_viewdef(c.oid), ';'), case when not c.relispopulated then ' with no data' end
    )
    where c.oid is not null
    union all
    select 3, format('alter table %s owner to %s', i.identity, c.relowner::regrole) where c.oid is not null
    union all
    select 2, pg_get_indexdef(x.indexrelid) from pg_index as x where x.indrelid = c.oid
    union all
    select 2, pg_get_triggerdef(g.oid) from pg_trigger as g where g.tgrelid = c.oid and not g.tgisinternal
    union all
    select 2, pg_get_ruledef(w.oid) from pg_rewrite as w where w.ev_class = c.oid and w.rulename <> '_RETURN'
    union all
    select 2, format(
        'grant %s%s on %s to %s%s', a.privilege_type, ' (' || quote_ident(g.attname) || ')', i.identity,
        case a.grantee when 0 then 'public' else a.grantee::regrole::text end,
        case when a.is_grantable then ' with grant option' end
    )
    from (
        select null, c.relacl
        union all
        select x.attname, x.attacl from pg_attribute as x where x.attrelid = c.oid
    ) as g (attname, acl)
    cross join lateral aclexplode(g.acl) as a
    where a.grantee <> c.relowner
    union all
    select 1, format(
        'create policy %I on %s as %s for %s to %s%s%s', o.polname, o.polrelid::regclass,
        case when o.polpermissive then 'permissive' else 'restrictive' end,
        case o.polcmd
            when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
        end,
        (select string_agg(case u when 0 then 'public' else u::regrole::text end, ', ') from unnest(o.polroles) as u),
        ' using (' || pg_get_expr(o.polqual, o.polrelid) || ')',
        ' with check (' || pg_get_expr(o.polwithcheck, o.polrelid) || ')'
    )
    from pg_policy as o
    where t.classid = 'pg_policy'::regclass and o.oid = t.oid
    union all
    select u.place, u.statement
    from pg_trigger as g
    cross join lateral (
        values
            (1, pg_get_triggerdef(g.oid)),
            (2, format(
                'alter table %s %s trigger %I', g.tgrelid::regclass, case g.tgenabled
                    when 'D' then 'disable' when 'R' then 'enable replica' when 'A' then 'enable always' else 'enable'
                end, g.tgname
            ))
    ) as u (place, statement)
    where t.classid = 'pg_trigger'::regclass and g.oid = t.oid
    union all
    select 3,
        format('comment on %s %s is %L', regexp_replace(o.type, '^.* column$', 'column'), o.identity, d.description)
    from pg_description as d
    cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) as o
    where d.classoid = t.classid and d.objoid = t.oid
) as p (place, statement)
group by t.depth, i.type, i.identity
$function$;
