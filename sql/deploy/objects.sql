-- Which file an object belongs to, by its name: functions/now, views/labels, triggers/sessions.stamp; null: none of
-- these. A column of a view belongs to the view. In one expression, which is planned within the query that asks.
create function sessionbook.key_of(p_identity text) returns text
language sql immutable
begin atomic
    select coalesce(
        'functions/' || btrim(
            substring(p_identity from '^(?:function|procedure|aggregate) ("(?:[^"]|"")*"|[^(]*)'), '"'
        ),
        'views/' || btrim(substring(p_identity from '^(?:view|column) ("(?:[^"]|"")*"|[^.]*)'), '"'),
        'triggers/' || nullif(
            regexp_replace(p_identity, '^trigger "?(?:(?:zz)?_\d{3}_)?(.*?)"? on "?(.*?)"?$', '\2.\1'), p_identity
        )
    );
end;
comment on function sessionbook.key_of is 'The file that makes an object, such as functions/now.';

create function sessionbook.file_key(p_path text) returns text
language sql immutable
begin atomic
    select regexp_replace(p_path, '/[^/]*/(.*)\.sql$', '/\1');
end;
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

create function sessionbook.made(p_schema text)
returns table (key text, identity text, classid oid, oid oid, version text, is_ours boolean)
language sql stable set search_path = pg_catalog, pg_temp as $function$
select sessionbook.key_of(t.identity), t.identity, t.classid, t.oid, sessionbook.version_of(t.classid, t.oid),
    o.identity is not null
from sessionbook.things(p_schema) as t
left join sessionbook.objects as o on o.schema_name = p_schema and o.identity = t.identity
where t.identity ~ '^(function|procedure|aggregate|view|trigger) '
$function$;
comment on function sessionbook.made is 'Functions, views and triggers by file; is_ours: a deploy made it.';

-- p_things: what made() said of a file's objects; is_new: replaced since, or gone.
create function sessionbook.since(p_things jsonb) returns table (identity text, is_ours boolean, is_new boolean)
language sql stable set search_path = pg_catalog, pg_temp as $function$
select s.identity, s.is_ours, sessionbook.version_of(s.classid, s.oid) is distinct from s.version
from jsonb_to_recordset(p_things) as s (identity text, classid oid, oid oid, version text, is_ours boolean)
$function$;
comment on function sessionbook.since is 'Objects that were there before, and whether they were replaced.';

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
    and quote_ident(r.rolname) not in (select sessionbook.grantees())
$function$;
comment on function sessionbook.foreign_grants is 'Grants on functions and views to roles of others, as statements.';
