-- What PostgreSQL wants out of the way before a column changes its type, and comes back as it was: views, with all that
-- hangs on them, policies, and triggers that name the column.
create temporary table adopt_again (depth integer, name text, drops text, makes text) on commit drop;

create function pg_temp.adopt_set_aside(p_tables oid[], p_places integer[])
returns void
language sql
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $function$
with recursive dependent (classid, objid, depth) as (
    select d.classid, d.objid, 1
    from unnest(p_tables, p_places) as c (oid, place)
    inner join pg_depend as d
        on d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid = c.place
    union
    select d.classid, d.objid, r.depth + 1
    from dependent as r
    inner join pg_rewrite as w on r.classid = 'pg_rewrite'::regclass and w.oid = r.objid
    inner join pg_depend as d
        on d.refclassid = 'pg_class'::regclass and d.refobjid = w.ev_class and d.classid <> 'pg_trigger'::regclass
            and d.objid not in (select x.oid from pg_rewrite as x where x.ev_class = w.ev_class)
),
view_ (oid, depth, name, kind) as (
    select c.oid, max(r.depth), c.oid::regclass::text, case c.relkind when 'm' then 'materialized view' else 'view' end
    from dependent as r
    inner join pg_rewrite as w on r.classid = 'pg_rewrite'::regclass and w.oid = r.objid
    inner join pg_class as c on c.oid = w.ev_class and c.relkind in ('v', 'm')
    group by c.oid
),
part (depth, name, drops, place, makes) as (
    select v.depth, v.name, format('drop %s %s', v.kind, v.name), p.place, p.statement
    from view_ as v
    inner join pg_class as c on c.oid = v.oid
    cross join lateral (
        select 1, format(
            'create %s %s%s as %s%s', v.kind, v.name, ' with (' || array_to_string(c.reloptions, ', ') || ')',
            rtrim(pg_get_viewdef(c.oid), ';'), case when not c.relispopulated then ' with no data' end
        )
        union all
        select 3, format('alter table %s owner to %s', v.name, c.relowner::regrole)
        union all
        select 2, pg_get_indexdef(i.indexrelid) from pg_index as i where i.indrelid = c.oid
        union all
        select 2, pg_get_triggerdef(t.oid) from pg_trigger as t where t.tgrelid = c.oid and not t.tgisinternal
        union all
        select 2, pg_get_ruledef(w.oid) from pg_rewrite as w where w.ev_class = c.oid and w.rulename <> '_RETURN'
        union all
        select 2, format(
            'grant %s%s on %s to %s%s', a.privilege_type, ' (' || quote_ident(g.attname) || ')', v.name,
            case a.grantee when 0 then 'public' else a.grantee::regrole::text end,
            case when a.is_grantable then ' with grant option' end
        )
        from (
            select null, c.relacl
            union all
            select t.attname, t.attacl from pg_attribute as t where t.attrelid = c.oid
        ) as g (attname, acl)
        cross join lateral aclexplode(g.acl) as a
        where a.grantee <> c.relowner
        union all
        select 2, format(
            'comment on %s %s is %L', case d.objsubid when 0 then v.kind else 'column' end,
            concat_ws('.', v.name, quote_ident(t.attname)), d.description
        )
        from pg_description as d
        left join pg_attribute as t on t.attrelid = c.oid and t.attnum = d.objsubid and d.objsubid > 0
        where d.classoid = 'pg_class'::regclass and d.objoid = c.oid
    ) as p (place, statement)
    union all
    select 0, format('policy %I', o.polname), format('drop policy %I on %s', o.polname, o.polrelid::regclass), 1,
    format(
        'create policy %I on %s as %s for %s to %s%s%s', o.polname, o.polrelid::regclass,
        case when o.polpermissive then 'permissive' else 'restrictive' end,
        case o.polcmd
            when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
        end,
        (select string_agg(case u when 0 then 'public' else u::regrole::text end, ', ') from unnest(o.polroles) as u),
        ' using (' || pg_get_expr(o.polqual, o.polrelid) || ')',
        ' with check (' || pg_get_expr(o.polwithcheck, o.polrelid) || ')'
    )
    from dependent as r
    inner join pg_policy as o on r.classid = 'pg_policy'::regclass and o.oid = r.objid
    union all
    select 0, format('trigger %I', t.tgname), format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass),
        p.place, p.statement
    from dependent as r
    inner join pg_trigger as t on r.classid = 'pg_trigger'::regclass and t.oid = r.objid and not t.tgisinternal
    cross join lateral (
        values
            (1, pg_get_triggerdef(t.oid)),
            (2, format(
                'alter table %s %s trigger %I', t.tgrelid::regclass, case t.tgenabled
                    when 'D' then 'disable' when 'R' then 'enable replica' when 'A' then 'enable always' else 'enable'
                end, t.tgname
            )),
            (2, format(
                'comment on trigger %I on %s is %L', t.tgname, t.tgrelid::regclass,
                obj_description(t.oid, 'pg_trigger')
            ))
    ) as p (place, statement)
)
insert into pg_temp.adopt_again (depth, name, drops, makes)
select p.depth, p.name, p.drops, string_agg(p.makes, e';\n' order by p.place)
from (select distinct x.* from part as x) as p
group by p.depth, p.name, p.drops
$function$;

-- Takes it away, does this, and brings it back.
create function pg_temp.adopt_around(p_statements text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_statement text;
begin
    for v_statement in
        select s.statement
        from (
            select 1, -a.depth, a.drops from pg_temp.adopt_again as a
            union all
            select 2, u.place, u.statement from unnest(p_statements) with ordinality as u (statement, place)
            union all
            select 3, a.depth, a.makes from pg_temp.adopt_again as a
        ) as s (part, place, statement)
        order by s.part, s.place
    loop
        execute v_statement;
    end loop;
end
$function$;
