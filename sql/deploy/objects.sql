-- Which file an object belongs to, by its name: functions/now, views/labels, triggers/sessions.stamp; null: none of
-- these. A column of a view belongs to the view, a grant to what it is on, and is its own key `grants/<table>` beside
-- that.
create function sessionbook.key_of(p_identity text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $function$
select case
    when o.identity ~ '^(function|procedure|aggregate) '
        then 'functions/' || btrim(substring(o.identity from '^\w+ ("(?:[^"]|"")*"|[^(]*)'), '"')
    when o.identity ~ '^view ' then 'views/' || btrim(substr(o.identity, 6), '"')
    when o.identity ~ '^column ' then 'views/' || btrim(regexp_replace(substr(o.identity, 8), '\.[^.]*$', ''), '"')
    when o.identity ~ '^trigger ' then concat(
        'triggers/',
        btrim(regexp_replace(o.identity, '^.* on ', ''), '"'),
        '.',
        btrim(regexp_replace(substring(o.identity from '^trigger (.*) on '), '^(zz)?_\d{3}_', ''), '"')
    )
end
from (select regexp_replace(p_identity, '^(owner of |grant to .*? on )', '') as identity) as o
$function$;

comment on function sessionbook.key_of(text) is
'The file that makes an object, such as functions/now; null: an object of a migration.';

create function sessionbook.file_key(p_path text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
select regexp_replace(p_path, '/[^/]*/(.*)\.sql$', '/\1')
$function$;
comment on function sessionbook.file_key(text) is 'functions/workshop/enroll.sql is functions/enroll.';

-- Functions, views and triggers of a schema: key names the file that makes them, version moves with every change.
create function sessionbook.made(p_schema text)
returns table (
    key text, identity text, full_name text, classid oid, oid oid, version text, is_ours boolean
)
language sql
stable
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $function$
with space as (
    select n.oid, n.nspname from pg_namespace as n where n.nspname = p_schema
),
found (key, identity, full_name, classid, oid, version) as (
    select
        'functions/' || p.proname,
        format('%s %I(%s)', k.kind, p.proname, oidvectortypes(p.proargtypes)),
        format('%s %I.%I(%s)', k.kind, s.nspname, p.proname, oidvectortypes(p.proargtypes)),
        'pg_proc'::regclass::oid,
        p.oid,
        p.ctid::text
    from space as s
    inner join pg_proc as p on p.pronamespace = s.oid
    cross join lateral (
        select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end
    ) as k (kind)
    union all
    select
        'views/' || c.relname,
        format('view %I', c.relname),
        format('view %I.%I', s.nspname, c.relname),
        'pg_class'::regclass::oid,
        c.oid,
        concat(c.ctid, r.ctid)
    from space as s
    inner join pg_class as c on c.relnamespace = s.oid and c.relkind = 'v'
    inner join pg_rewrite as r on r.ev_class = c.oid and r.rulename = '_RETURN'
    union all
    select
        concat('triggers/', c.relname, '.', regexp_replace(t.tgname, '^(zz)?_\d{3}_', '')),
        format('trigger %I on %I', t.tgname, c.relname),
        format('trigger %I on %I.%I', t.tgname, s.nspname, c.relname),
        'pg_trigger'::regclass::oid,
        t.oid,
        t.ctid::text
    from space as s
    inner join pg_class as c on c.relnamespace = s.oid
    inner join pg_trigger as t on t.tgrelid = c.oid and not t.tgisinternal and t.tgparentid = 0
)
select
    f.key, f.identity, f.full_name, f.classid, f.oid, f.version,
    exists (select from sessionbook.objects as o where o.schema_name = p_schema and o.identity = f.identity)
from found as f
$function$;

comment on function sessionbook.made(text) is
'Functions, views and triggers of a schema; is_ours: a deploy made it.';

-- Everything that could not stay if some objects went. A view hangs on things through its rule, and other things hang
-- on its row type.
create function sessionbook.dependents(p_oids oid[])
returns table (classid oid, oid oid)
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
with recursive reached (classid, oid) as (
    select distinct d.refclassid, d.refobjid
    from pg_depend as d
    where d.refobjid = any(p_oids)
        and d.refclassid in ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_trigger'::regclass)
    union
    select
        case when v.oid is null then d.classid else 'pg_class'::regclass::oid end,
        coalesce(v.oid, d.objid)
    from reached as r
    inner join pg_depend as d on d.refclassid = r.classid and d.refobjid = r.oid and d.deptype in ('n', 'a', 'i')
    left join pg_rewrite as w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
    left join pg_class as v on w.ev_class = v.oid and v.relkind in ('v', 'm')
)
select r.classid, r.oid
from reached as r
where r.oid <> all(p_oids)
    -- Goes with its constraint trigger.
    and not exists (
        select from pg_constraint as k
        where r.classid = 'pg_constraint'::regclass and k.oid = r.oid and k.contype = 't'
    )
    and not (
        r.classid = 'pg_type'::regclass
        and exists (
            select
            from pg_type as t
            left join pg_type as e on t.typelem = e.oid
            inner join reached as x on x.classid = 'pg_class'::regclass
                and x.oid = coalesce(nullif(t.typrelid, 0), e.typrelid)
            where t.oid = r.oid
        )
    )
$function$;

comment on function sessionbook.dependents(oid[]) is 'What depends on objects, directly or not, without themselves.';

create function sessionbook.foreign_grants(p_schema text, p_oids oid[])
returns setof text
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
select format(
    'grant %s%s on %s to %s%s',
    a.privilege_type,
    ' (' || quote_ident(h.attname) || ')',
    regexp_replace(m.full_name, '^view ', ''),
    a.grantee::regrole,
    case when a.is_grantable then ' with grant option' end
)
from sessionbook.made(p_schema) as m
cross join lateral (
    select p.proacl as acl, p.proowner as owner, null::name as attname from pg_proc as p where p.oid = m.oid
    union all
    select c.relacl, c.relowner, null from pg_class as c where c.oid = m.oid
    union all
    select t.attacl, c.relowner, t.attname
    from pg_class as c
    inner join pg_attribute as t on t.attrelid = c.oid
    where c.oid = m.oid
) as h
cross join lateral aclexplode(h.acl) as a
inner join pg_roles as r on r.oid = a.grantee
where m.oid = any(p_oids) and a.grantee <> h.owner and not r.rolname ^@ 'sessionbook_'
$function$;

comment on function sessionbook.foreign_grants(text, oid[]) is
'Grants on functions and views to roles that are neither ours nor the owner, as statements.';
