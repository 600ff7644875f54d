-- What PostgreSQL wants out of the way before a column changes its type, and comes back as it was: views, with all that
-- hangs on them, policies, and triggers that name the column.
create temporary table adopt_again (depth integer, name text, drops text, makes text);

create function pg_temp.adopt_set_aside(p_tables oid[], p_places smallint[])
returns void
language sql
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $function$
with recursive thing (classid, oid, place, depth) as (
    select 'pg_class'::regclass::oid, c.oid, c.place::integer, 0
    from unnest(p_tables, p_places) as c (oid, place)
    union
    select case when v.oid is null then d.classid else 'pg_class'::regclass end, coalesce(v.oid, d.objid), null,
        r.depth + 1
    from thing as r
    inner join pg_depend as d
        on d.refclassid = 'pg_class'::regclass and d.refobjid = r.oid and d.refobjsubid = coalesce(r.place, d.refobjsubid)
    left join pg_rewrite as w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
    left join pg_class as v on v.oid = w.ev_class and v.relkind in ('v', 'm') and v.oid <> r.oid
    left join pg_trigger as g on d.classid = 'pg_trigger'::regclass and g.oid = d.objid
    where r.classid = 'pg_class'::regclass
        and (v.oid is not null or r.depth = 0 and (d.classid = 'pg_policy'::regclass or not g.tgisinternal))
)
insert into pg_temp.adopt_again (depth, name, drops, makes)
select t.depth, concat(i.type, ' ', i.identity), coalesce(max(p.instead), concat('drop ', i.type, ' ', i.identity)),
    string_agg(p.statement, e';\n' order by p.place, p.statement)
from (
    select x.classid, x.oid, max(x.depth) from thing as x where x.depth > 0 group by x.classid, x.oid
) as t (classid, oid, depth)
cross join lateral pg_identify_object(t.classid, t.oid, 0) as i
left join pg_class as c on t.classid = 'pg_class'::regclass and c.oid = t.oid
cross join lateral (
    select 1, null, format(
        'create %s %s%s as %s%s', i.type, i.identity, ' with (' || array_to_string(c.reloptions, ', ') || ')',
        rtrim(pg_get_viewdef(c.oid), ';'), case when not c.relispopulated then ' with no data' end
    )
    where c.oid is not null
    union all
    select 1, concat(
        'alter policy ', i.identity, case when o.polqual is not null then ' using (true)' end,
        case when o.polwithcheck is not null then ' with check (true)' end
    ), concat(
        'alter policy ', i.identity, ' using (' || pg_get_expr(o.polqual, o.polrelid) || ')',
        ' with check (' || pg_get_expr(o.polwithcheck, o.polrelid) || ')'
    )
    from pg_policy as o
    where (t.classid, t.oid) = ('pg_policy'::regclass, o.oid)
    union all
    select 2, null, concat_ws(
        '; ', pg_get_triggerdef(g.oid), 'alter table ' || g.tgrelid::regclass || case g.tgenabled
            when 'D' then ' disable' when 'R' then ' enable replica' when 'A' then ' enable always'
        end || ' trigger ' || quote_ident(g.tgname)
    )
    from pg_trigger as g
    where g.oid = t.oid and t.classid = 'pg_trigger'::regclass or g.tgrelid = c.oid and not g.tgisinternal
    union all
    select 2, null, pg_get_indexdef(x.indexrelid) from pg_index as x where x.indrelid = c.oid
    union all
    select 2, null, pg_get_ruledef(w.oid) from pg_rewrite as w where w.ev_class = c.oid and w.rulename <> '_RETURN'
    union all
    select 2, null, format(
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
    select 3, null, format('alter table %s owner to %s', i.identity, c.relowner::regrole) where c.oid is not null
    union all
    select 3, null,
        format('comment on %s %s is %L', regexp_replace(o.type, '^.* column$', 'column'), o.identity, d.description)
    from pg_description as d
    cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) as o
    where d.classoid = t.classid and d.objoid = t.oid
) as p (place, instead, statement)
group by t.depth, i.type, i.identity
$function$;
