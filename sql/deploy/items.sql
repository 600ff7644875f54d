-- What a schema holds, as text to compare: every object an item of its own, such as `column sessions.status`, with its
-- definition and comment. Grants are items, and owners that are not the schema's. Lists of varchar literals are put as
-- they read after a dump and restore, which rewords them. What belongs to an extension is left out.
create function sessionbook.items(p_schema text)
returns table (identity text, definition text)
language sql
stable
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
set intervalstyle = postgres
set datestyle = 'ISO'
as $items$
with
space as (
    select n.oid, n.nspname, n.nspowner, n.nspacl from pg_namespace as n where n.nspname = p_schema
),
relation as (
    select c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.reloptions, c.relpersistence, c.relrowsecurity,
        case c.relkind when 'v' then 'view ' when 'm' then 'materialized view ' else 'table ' end as kind,
        quote_ident(c.relname) as name
    from pg_class as c
    inner join space as s on c.relnamespace = s.oid
    where c.relkind in ('r', 'p', 'f', 'v', 'm')
        and not exists (
            select from pg_depend as d
            where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
        )
),
routine as (
    select p.oid, p.prokind, p.proowner, p.proacl,
        concat(
            case p.prokind when 'p' then 'procedure ' when 'a' then 'aggregate ' else 'function ' end,
            quote_ident(p.proname), '(', oidvectortypes(p.proargtypes), ')'
        ) as identity
    from pg_proc as p
    inner join space as s on p.pronamespace = s.oid
    where not exists (
        select from pg_depend as d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
),
item (identity, definition, comment, owner) as (
    -- Without the line that says what is installed here.
    select
        'schema',
        '',
        nullif(regexp_replace(obj_description(s.oid, 'pg_namespace'), '\n?sessionbook \w+ \d{4}\w*$', ''), ''),
        s.nspowner
    from space as s
    union all
    select r.kind || r.name,
        concat_ws(
            E'\n',
            case when r.relkind in ('v', 'm') then pg_get_viewdef(r.oid) end,
            case r.relpersistence when 'u' then 'unlogged' end,
            case when r.relrowsecurity then 'row level security' end,
            'with ' || array_to_string(r.reloptions, ', ')
        ),
        obj_description(r.oid, 'pg_class'),
        r.relowner
    from relation as r
    union all
    select concat('column ', r.name, '.', quote_ident(a.attname)),
        concat_ws(
            ' ',
            format_type(a.atttypid, a.atttypmod),
            'collate ' || (
                select quote_ident(o.collname)
                from pg_collation as o
                inner join pg_type as t on t.oid = a.atttypid
                where o.oid = a.attcollation and a.attcollation <> t.typcollation
            ),
            case when a.attnotnull then 'not null' end,
            case a.attidentity when 'a' then 'identity always' when 'd' then 'identity by default' end,
            case a.attgenerated when '' then 'default ' else 'generated ' end || pg_get_expr(d.adbin, d.adrelid)
        ),
        col_description(r.oid, a.attnum),
        r.relowner
    from relation as r
    inner join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    union all
    select concat('constraint ', quote_ident(k.conname), ' on ', r.name),
        concat_ws(
            E'\n',
            pg_get_constraintdef(k.oid),
            -- A key stands and is not looked after.
            case
                when exists (select from pg_trigger as t where t.tgconstraint = k.oid and t.tgenabled in ('D', 'R'))
                    then 'triggers disabled'
            end
        ),
        obj_description(k.oid, 'pg_constraint'),
        r.relowner
    from relation as r
    inner join pg_constraint as k on k.conrelid = r.oid and k.contype in ('p', 'u', 'f', 'x', 'c')
    union all
    select concat('index ', quote_ident(o.relname), ' on ', r.name),
        concat_ws(E'\n', pg_get_indexdef(i.indexrelid), case when not i.indisvalid then 'invalid' end),
        obj_description(i.indexrelid, 'pg_class'),
        r.relowner
    from relation as r
    inner join pg_index as i on i.indrelid = r.oid
    inner join pg_class as o on o.oid = i.indexrelid
    where not exists (
        select from pg_constraint as k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
    )
    union all
    select concat('trigger ', quote_ident(t.tgname), ' on ', r.name),
        concat_ws(
            E'\n',
            pg_get_triggerdef(t.oid),
            case t.tgenabled when 'D' then 'disabled' when 'R' then 'on replicas only' when 'A' then 'always' end
        ),
        obj_description(t.oid, 'pg_trigger'),
        r.relowner
    from relation as r
    inner join pg_trigger as t on t.tgrelid = r.oid and not t.tgisinternal and t.tgparentid = 0
    union all
    select u.identity,
        case when u.prokind <> 'a' then rtrim(pg_get_functiondef(u.oid), E'\n') else '' end,
        obj_description(u.oid, 'pg_proc'),
        u.proowner
    from routine as u
    union all
    select 'sequence ' || quote_ident(c.relname), format_type(q.seqtypid, null), obj_description(c.oid, 'pg_class'),
        c.relowner
    from pg_class as c
    inner join space as s on c.relnamespace = s.oid
    inner join pg_sequence as q on q.seqrelid = c.oid
    where not exists (
        select from pg_depend as d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('i', 'a', 'e')
    )
    union all
    select 'type ' || quote_ident(t.typname),
        concat_ws(
            E'\n',
            'enum ' || (
                select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
                from pg_enum as e
                where e.enumtypid = t.oid
            ),
            case when t.typtype = 'd' then concat_ws(
                ' ',
                'domain over', format_type(t.typbasetype, t.typtypmod),
                case when t.typnotnull then 'not null' end,
                'default ' || t.typdefault
            ) end,
            (
                select string_agg(
                    concat(quote_ident(k.conname), ' ', pg_get_constraintdef(k.oid)), E'\n' order by k.conname
                )
                from pg_constraint as k
                where k.contypid = t.oid and k.contype = 'c'
            ),
            (
                select string_agg(
                    concat(quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod)), E'\n' order by a.attnum
                )
                from pg_attribute as a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            )
        ),
        obj_description(t.oid, 'pg_type'),
        t.typowner
    from pg_type as t
    inner join space as s on t.typnamespace = s.oid
    left join pg_class as c on c.oid = t.typrelid
    where (t.typtype in ('d', 'e') or c.relkind = 'c')
        and not exists (
            select from pg_depend as d
            where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e'
        )
),
privilege (object, grantee, owner, what, grantable) as (
    select 'schema', e.grantee, s.nspowner, e.privilege_type, e.is_grantable
    from space as s
    cross join lateral aclexplode(s.nspacl) as e
    union all
    select r.kind || r.name, e.grantee, r.relowner, e.privilege_type, e.is_grantable
    from relation as r
    cross join lateral aclexplode(r.relacl) as e
    union all
    select concat('column ', r.name, '.', quote_ident(a.attname)), e.grantee, r.relowner, e.privilege_type,
        e.is_grantable
    from relation as r
    inner join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    cross join lateral aclexplode(a.attacl) as e
    union all
    select u.identity, e.grantee, u.proowner, e.privilege_type, e.is_grantable
    from routine as u
    cross join lateral aclexplode(coalesce(u.proacl, acldefault('f', u.proowner))) as e
),
found (identity, definition) as (
    select
        i.identity,
        concat_ws(E'\n', nullif(i.definition, ''), 'comment: ' || i.comment)
    from item as i
    union all
    select 'owner of ' || i.identity, pg_get_userbyid(i.owner)
    from item as i, space as s
    where s.nspowner <> i.owner and i.identity !~ '^(column|constraint|index|trigger) '
    union all
    select
        concat('grant to ', case when p.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(p.grantee)) end,
            ' on ', p.object),
        string_agg(p.what || case when p.grantable then ' with grant option' else '' end, ', ' order by p.what)
    from privilege as p
    where p.grantee <> p.owner
    group by p.object, p.grantee
),
pattern (list, literal) as (
    values (
        $$\((ARRAY\[(?:'(?:[^']|'')*'::character varying(?:, )?)+\])\)::text\[\]$$,
        $$\(('(?:[^']|'')*')::character varying\)::text(?!\[)$$
    )
)
select
    f.identity,
    case when position('::character varying' in f.definition) = 0 then f.definition else (
        select regexp_replace(
            string_agg(concat(k.kept, replace(l.found[1], '::character varying', '::text')), '' order by k.place),
            p.literal, '\1::text', 'g'
        )
        from pattern as p
        cross join lateral regexp_split_to_table(f.definition, p.list) with ordinality as k (kept, place)
        left join lateral regexp_matches(f.definition, p.list, 'g') with ordinality as l (found, place)
            on l.place = k.place
        group by p.literal
    ) end
from found as f
order by 1
$items$;
comment on function sessionbook.items(text) is
'What a schema holds: identity and definition of each object, grant and foreign owner.';
