-- Every object of a schema, one row each, without its definition: the one place that lists them. container: the
-- relation that a column, constraint, index or trigger is part of. version: of what files make, moves with each change.
-- What belongs to an extension is left out. It is asked again and again, so this and items() are PL/pgSQL, which keeps
-- the plan: one for all schemas, and by index, because a schema is a small part of the catalog.
create function sessionbook.things(p_schema text)
returns table (
    classid oid, oid oid, subid integer, container oid, identity text, owner oid, acl aclitem[], version text
)
language plpgsql stable rows 100 set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off set jit = off
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off as $function$
declare
    v_space constant oid := to_regnamespace(quote_ident(p_schema));
begin
    return query
    with relation as (
        select c.oid, c.relkind, c.relowner, c.relacl, quote_ident(c.relname) as name, concat(c.ctid, w.ctid) as version
        from pg_class as c
        left join pg_rewrite as w on w.ev_class = c.oid and w.rulename = '_RETURN'
        where c.relnamespace = v_space and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
            -- A sequence of a column is part of it.
            and (c.relkind <> 'S' or not exists (
                select from pg_depend as d
                where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('i', 'a')
            ))
    ),
    thing (classid, oid, subid, container, identity, owner, acl, version) as (
        select 'pg_namespace'::regclass::oid, s.oid, 0, null::oid, 'schema', s.nspowner, s.nspacl, null
        from pg_namespace as s
        where s.oid = v_space
        union all
        select 'pg_class'::regclass, r.oid, 0, null, case r.relkind
            when 'v' then 'view ' when 'm' then 'materialized view ' when 'S' then 'sequence ' else 'table '
        end || r.name, r.relowner, r.relacl, r.version
        from relation as r
        union all
        select 'pg_class'::regclass, r.oid, a.attnum, r.oid, concat('column ', r.name, '.', quote_ident(a.attname)),
            r.relowner, a.attacl, null
        from relation as r
        inner join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped and r.relkind <> 'S'
        union all
        select p.classid, p.oid, 0, r.oid, concat(p.kind, quote_ident(p.name), ' on ', r.name), null, null, p.version
        from relation as r
        cross join lateral (
            select 'pg_constraint'::regclass, k.oid, 'constraint ', k.conname, null
            from pg_constraint as k
            where k.conrelid = r.oid and k.contype in ('p', 'u', 'f', 'x', 'c')
            union all
            select 'pg_class'::regclass, i.indexrelid, 'index ', o.relname, null
            from pg_index as i
            inner join pg_class as o on i.indexrelid = o.oid
            where i.indrelid = r.oid and not exists (
                select from pg_constraint as k
                where k.conrelid = i.indrelid and k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
            )
            union all
            select 'pg_trigger'::regclass, t.oid, 'trigger ', t.tgname, t.ctid::text
            from pg_trigger as t
            where t.tgrelid = r.oid and not t.tgisinternal and t.tgparentid = 0
            union all
            select 'pg_policy'::regclass, y.oid, 'policy ', y.polname, null
            from pg_policy as y
            where y.polrelid = r.oid
        ) as p (classid, oid, kind, name, version)
        union all
        select 'pg_proc'::regclass, p.oid, 0, null,
            concat(
                case p.prokind when 'p' then 'procedure ' when 'a' then 'aggregate ' else 'function ' end,
                quote_ident(p.proname), '(', oidvectortypes(p.proargtypes), ')'
            ),
            p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)), p.ctid::text
        from pg_proc as p
        where p.pronamespace = v_space
        union all
        select 'pg_type'::regclass, y.oid, 0, null, 'type ' || quote_ident(y.typname), y.typowner, y.typacl, null
        from pg_type as y
        left join pg_class as c on y.typrelid = c.oid
        where y.typnamespace = v_space and (y.typtype in ('d', 'e') or c.relkind = 'c')
    )
    select t.*
    from thing as t
    where not exists (
        select from pg_depend as d
        where d.deptype = 'e' and d.objid = coalesce(t.container, t.oid)
            and d.classid = case when t.container is null then t.classid else 'pg_class'::regclass end
    );
end
$function$;
comment on function sessionbook.things is 'Every object of a schema, without its definition.';

-- What a schema holds, as text to compare: every object an item of its own, such as `column sessions.status`, with its
-- definition and comment. Grants are items, and owners that are not the schema's. The line in a schema's comment that
-- says what is installed there is no part of it.
create function sessionbook.items(p_schema text) returns table (identity text, definition text)
language plpgsql stable set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off set jit = off set intervalstyle = postgres set datestyle = 'ISO'
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off as $items$
begin
    return query
    with thing as materialized (
        select t.* from sessionbook.things(p_schema) as t
    )
    select t.identity, concat_ws(
        E'\n',
        -- A column.
        nullif(concat_ws(
            ' ',
            format_type(a.atttypid, a.atttypmod),
            case when a.attcollation <> y.typcollation then 'collate ' || quote_ident(o.collname) end,
            case when a.attnotnull then 'not null' end,
            case a.attidentity when 'a' then 'identity always' when 'd' then 'identity by default' end,
            case a.attgenerated when '' then 'default ' else 'generated ' end || pg_get_expr(d.adbin, d.adrelid)
        ), ''),
        -- A relation or an index.
        case
            when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid)
            when c.relkind in ('i', 'I') then pg_get_indexdef(c.oid)
            else format_type(q.seqtypid, null)
        end,
        case c.relpersistence when 'u' then 'unlogged' end,
        case when c.relrowsecurity then 'row level security' end,
        case when t.container is null then 'with ' || array_to_string(c.reloptions, ', ') end,
        case when not i.indisvalid then 'invalid' end,
        -- A constraint; for a key also whether its triggers are disabled.
        pg_get_constraintdef(k.oid),
        case when k.oid in (select x.tgconstraint from pg_trigger as x where x.tgenabled in ('D', 'R'))
            then 'triggers disabled' end,
        pg_get_triggerdef(g.oid),
        case g.tgenabled when 'D' then 'disabled' when 'R' then 'on replicas only' when 'A' then 'always' end,
        case when l.oid is not null then format(
            '%s, permissive %s, to %s using %s check %s', l.polcmd, l.polpermissive, l.polroles::regrole[],
            pg_get_expr(l.polqual, l.polrelid), pg_get_expr(l.polwithcheck, l.polrelid)
        ) end,
        case when t.identity ~ '^(function|procedure) ' then rtrim(pg_get_functiondef(t.oid), E'\n') end,
        case when t.classid = 'pg_type'::regclass then (
            select string_agg(m.member, ', ' order by m.place)
            from (
                select quote_literal(e.enumlabel), e.enumsortorder from pg_enum as e where e.enumtypid = t.oid
                union all
                select concat(quote_ident(f.attname), ' ', format_type(f.atttypid, f.atttypmod)), f.attnum
                from pg_type as w
                inner join pg_attribute as f on f.attrelid = w.typrelid and f.attnum > 0 and not f.attisdropped
                where w.oid = t.oid
            ) as m (member, place)
        ) end,
        'comment: ' || nullif(
            regexp_replace(n.description, '\n?sessionbook \w+ \d{4}\w*( roles [^\n]*)?$', ''), ''
        )
    )
    from thing as t
    left join pg_description as n on n.classoid = t.classid and n.objoid = t.oid and n.objsubid = t.subid
    left join pg_attribute as a on t.subid > 0 and a.attrelid = t.oid and a.attnum = t.subid
    left join pg_type as y on y.oid = a.atttypid
    left join pg_collation as o on o.oid = a.attcollation
    left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_class as c on t.classid = 'pg_class'::regclass and t.subid = 0 and c.oid = t.oid
    left join pg_index as i on i.indexrelid = c.oid
    left join pg_sequence as q on q.seqrelid = c.oid
    left join pg_constraint as k on t.classid = 'pg_constraint'::regclass and k.oid = t.oid
    left join pg_trigger as g on t.classid = 'pg_trigger'::regclass and g.oid = t.oid
    left join pg_policy as l on t.classid = 'pg_policy'::regclass and l.oid = t.oid
    union all
    select 'owner of ' || t.identity, pg_get_userbyid(t.owner)::text
    from thing as t
    where t.container is null and t.owner <> (select s.owner from thing as s where s.identity = 'schema')
    union all
    select
        concat('grant to ', case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
            ' on ', t.identity),
        string_agg(a.privilege_type || case when a.is_grantable then ' with grant option' else '' end, ', '
            order by a.privilege_type)
    from thing as t
    cross join lateral aclexplode(t.acl) as a
    where a.grantee <> t.owner
    group by t.identity, a.grantee;
end
$items$;
comment on function sessionbook.items is 'Every object, grant and foreign owner of a schema, with its definition.';

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

create function sessionbook.made(p_schema text)
returns table (key text, identity text, classid oid, oid oid, version text, is_ours boolean)
language sql stable set search_path = pg_catalog, pg_temp as $function$
select sessionbook.key_of(t.identity), t.identity, t.classid, t.oid, t.version, o.identity is not null
from sessionbook.things(p_schema) as t
left join sessionbook.objects as o on o.schema_name = p_schema and o.identity = t.identity
where t.identity ~ '^(function|procedure|aggregate|view|trigger) '
$function$;
comment on function sessionbook.made is 'Functions, views and triggers by file; is_ours: a deploy made it.';

-- p_things: what made() said of a file's objects; is_new: replaced since, or gone.
create function sessionbook.since(p_things jsonb) returns table (identity text, is_ours boolean, is_new boolean)
language sql stable strict set search_path = pg_catalog, pg_temp as $function$
select s.identity, s.is_ours, concat(p.ctid, t.ctid, c.ctid, w.ctid) <> s.version
from jsonb_to_recordset(p_things) as s (identity text, classid oid, oid oid, version text, is_ours boolean)
left join pg_proc as p on s.classid = 'pg_proc'::regclass and p.oid = s.oid
left join pg_trigger as t on s.classid = 'pg_trigger'::regclass and t.oid = s.oid
left join pg_class as c on s.classid = 'pg_class'::regclass and c.oid = s.oid
left join pg_rewrite as w on w.ev_class = c.oid and w.rulename = '_RETURN'
$function$;
comment on function sessionbook.since is 'Objects that were there before, and whether they were replaced.';
