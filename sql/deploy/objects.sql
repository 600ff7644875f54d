-- Which file an object belongs to, by its name: functions/now, views/labels, triggers/sessions.stamp; null: none of
-- these. A column of a view belongs to the view, an owner or a grant to what it is of.
create function sessionbook.key_of(p_identity text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
select case
    when o.identity ~ '^(function|procedure|aggregate) '
        then 'functions/' || btrim(substring(o.identity from '^\w+ ("(?:[^"]|"")*"|[^(]*)'), '"')
    when o.identity ^@ 'view ' then 'views/' || btrim(substr(o.identity, 6), '"')
    when o.identity ^@ 'column ' then 'views/' || btrim(regexp_replace(substr(o.identity, 8), '\.[^.]*$', ''), '"')
    when o.identity ^@ 'trigger ' then concat(
        'triggers/',
        btrim(regexp_replace(o.identity, '^.* on ', ''), '"'),
        '.',
        btrim(regexp_replace(substring(o.identity from '^trigger (.*) on '), '^(zz)?_\d{3}_', ''), '"')
    )
end
from (select regexp_replace(p_identity, '^(owner of |grant to .*? on )', '') as identity) as o
$function$;
comment on function sessionbook.key_of is
'The file that makes an object, such as functions/now; null: an object of a migration.';

create function sessionbook.file_key(p_path text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
select regexp_replace(p_path, '/[^/]*/(.*)\.sql$', '/\1')
$function$;
comment on function sessionbook.file_key is 'functions/workshop/enroll.sql is functions/enroll.';

-- Moves with every change; null: is not there.
create function sessionbook.version_of(p_classid oid, p_oid oid) returns text
language sql stable set search_path = pg_catalog, pg_temp as $function$
select p.ctid::text from pg_proc as p where p_classid = 'pg_proc'::regclass and p.oid = p_oid
union all
select t.ctid::text from pg_trigger as t where p_classid = 'pg_trigger'::regclass and t.oid = p_oid
union all
select concat(c.ctid, r.ctid)
from pg_class as c
inner join pg_rewrite as r on r.ev_class = c.oid and r.rulename = '_RETURN'
where p_classid = 'pg_class'::regclass and c.oid = p_oid
$function$;
comment on function sessionbook.version_of is 'Version of a function, view or trigger.';

-- Functions, views and triggers of a schema, by the file that makes them. container: the table of a trigger. is_ours:
-- a deploy made it. Apart from things(), because it is asked while tables are locked.
create function sessionbook.made(p_schema text)
returns table (key text, identity text, classid oid, oid oid, container oid, version text, is_ours boolean)
language sql stable set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
with space as (
    select n.oid from pg_namespace as n where n.nspname = p_schema
),
found (identity, classid, oid, container, version) as (
    select
        concat(
            case p.prokind when 'p' then 'procedure ' when 'a' then 'aggregate ' else 'function ' end,
            quote_ident(p.proname), '(', oidvectortypes(p.proargtypes), ')'
        ),
        'pg_proc'::regclass, p.oid, null::oid, p.ctid::text
    from space as s
    inner join pg_proc as p on p.pronamespace = s.oid
    union all
    select 'view ' || quote_ident(c.relname), 'pg_class'::regclass, c.oid, null, concat(c.ctid, r.ctid)
    from space as s
    inner join pg_class as c on c.relnamespace = s.oid and c.relkind = 'v'
    inner join pg_rewrite as r on r.ev_class = c.oid and r.rulename = '_RETURN'
    union all
    select concat('trigger ', quote_ident(t.tgname), ' on ', quote_ident(c.relname)), 'pg_trigger'::regclass, t.oid,
        c.oid, t.ctid::text
    from space as s
    inner join pg_class as c on c.relnamespace = s.oid
    inner join pg_trigger as t on t.tgrelid = c.oid and not t.tgisinternal and t.tgparentid = 0
)
select sessionbook.key_of(f.identity), f.identity, f.classid, f.oid, f.container, f.version, o.identity is not null
from found as f
left join sessionbook.objects as o on o.schema_name = p_schema and o.identity = f.identity
$function$;
comment on function sessionbook.made is 'Functions, views and triggers of a schema, by the file that makes them.';

create function sessionbook.foreign_grants(p_schema text) returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $function$
select format(
    'grant %s%s on %s%s to %s%s',
    a.privilege_type,
    (
        select concat('(', quote_ident(c.attname), ')')
        from pg_attribute as c
        where t.subid > 0 and c.attrelid = t.oid and c.attnum = t.subid
    ),
    case t.classid when 'pg_proc'::regclass then i.type || ' ' end,
    i.identity,
    a.grantee::regrole,
    case when a.is_grantable then ' with grant option' end
)
from sessionbook.things(p_schema) as t
cross join lateral aclexplode(t.acl) as a
inner join pg_roles as r on r.oid = a.grantee
cross join lateral pg_identify_object(t.classid, t.oid, 0) as i
where t.identity ~ '^(function|procedure|aggregate|view|column) ' and a.grantee <> t.owner
    and not r.rolname ^@ 'sessionbook_'
$function$;
comment on function sessionbook.foreign_grants is 'Grants on functions and views to roles of others, as statements.';
