-- What is to be compared: the tables of an installation as the migrations have just made them, and those of an
-- application. All of this is temporary; rules.sql asks it. The search_path is pg_catalog, pg_temp.
create temporary table adopt_asked on commit drop as
select x.*, i.role_prefix || '_writer' as writer -- noqa: AM04
from jsonb_to_record(current_setting('sessionbook.asked')::jsonb) as x (
    source text, target text, zone text, timezone text, maps text[], replaced text[], roles boolean, tables text[],
    derived text[], files text[]
)
inner join sessionbook.installations as i on x.target = i.schema_name;

-- The value of a query, or what PostgreSQL has against it.
create function pg_temp.adopt_ask(p_query text, out value text, out error text)
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    execute p_query into value;
exception
    when lock_not_available then raise;
    when others then error := format('%s (%s)', sqlerrm, sqlstate);
end
$function$;

-- was: the name of a table now; tab: its name once it moved. Both with the schema.
create temporary table adopt_table on commit drop as
select c.relname::text as table_name, c.oid, n.nspname = q.source as taken, c.relowner::regrole as owner,
    c.relkind, c.relrowsecurity, c.relforcerowsecurity,
    format('%I.%I', q.target, c.relname) as tab, format('%I.%I', n.nspname, c.relname) as was, r.value::bigint as rows
from adopt_asked as q
inner join pg_namespace as n on n.nspname in (q.source, q.target)
inner join pg_class as c on n.oid = c.relnamespace and c.relkind in ('r', 'p')
cross join pg_temp.adopt_ask(format('select count(*) from %s', c.oid::regclass)) as r
where n.nspname = q.target or c.relname = any(q.tables);

-- Columns of both sides, beside each other. fit: whether our functions work on one of theirs as it is. A domain is
-- what it stands for. In what ours say their type takes the place of ours. is_needed: a new one that no default fills.
create temporary table adopt_pair on commit drop as
with col as (
    select t.taken, t.table_name, a.attname::text as name, a.attnum as place, y.oid as base, y.typname, y.typtype,
        y.typcategory, format_type(a.atttypid, a.atttypmod) as type, a.attcollation as collation_oid,
        a.atttypmod as size, a.attnotnull as not_null, a.attidentity <> '' as is_identity,
        a.attgenerated <> '' as is_generated,
        case a.attgenerated when '' then pg_get_expr(d.adbin, d.adrelid) end as value,
        array(select e.enumlabel::text from pg_enum as e where e.enumtypid = y.oid) as labels
    from adopt_table as t
    inner join pg_attribute as a on t.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
    inner join pg_type as x on a.atttypid = x.oid
    inner join pg_type as y on y.oid = case x.typbasetype when 0 then x.oid else x.typbasetype end
    left join pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
)
select t.table_name, coalesce(o.place, 1000 + c.place) as place, n.name, quote_ident(n.name) as col,
    concat(t.table_name, '.', n.name) as place_name, t.tab, t.was, t.oid, c.place as their_place,
    c.name is null as is_new, o.type as ours, c.type as theirs, o.size as our_size, c.size as their_size,
    o.not_null as our_not_null, c.not_null as their_not_null, c.collation_oid, o.is_identity as is_our_identity,
    c.is_identity as is_their_identity, c.is_generated, o.labels, o.typtype = 'e' as is_enum,
    c.value as their_default, replace(o.value, '::' || o.type, '::' || coalesce(c.type, o.type)) as our_default,
    c.name is null and o.not_null and o.value is null and not o.is_identity as is_needed,
    n.name = any(q.derived) as is_derived, f.fit,
    case when f.fit = 'convert' and not c.is_generated then replace(c.type, 'without time', 'with time') end as zoned
from (select x.* from col as x where not x.taken) as o
full join (select y.* from col as y where y.taken) as c on o.table_name = c.table_name and o.name = c.name
cross join lateral (select coalesce(o.name, c.name) as name) as n
inner join adopt_table as t on t.taken and t.table_name = coalesce(o.table_name, c.table_name)
cross join adopt_asked as q
cross join lateral (
    select case
        when o.base = c.base or o.typcategory = 'S' and c.typcategory = 'S'
            or o.typtype = 'e' and (c.typcategory = 'S' or o.labels <@ c.labels)
            or concat(o.typname, ' ', c.typname)
            ~ '^((int\d|numeric) (int\d|numeric)|numeric float\d|jsonb? jsonb?|timestamp timestamptz)$'
            or n.name ~ '^((created|updated|deleted|viewed)_at|expiry_date)$' and c.typname ~ '^timestamp'
            then 'as is'
        when o.typname = 'timestamptz' and c.typname = 'timestamp' then 'convert'
        when o.name is not null and c.name is not null then 'refuse'
    end as fit
) as f;

select pg_temp.adopt_set_aside(array_agg(p.oid), array_agg(p.their_place))
from adopt_pair as p
where p.zoned <> '';

-- Keys, checks and indexes. meaning: what makes one of theirs as good as one of ours, whatever its name. expressions
-- and predicate: what is unique, of which rows.
create temporary table adopt_key on commit drop as
select t.taken, t.table_name, t.tab, k.name, k.kind, d.definition, coalesce(i.indisunique, false) as is_unique,
    c.columns, r.reference, case
        when i.indisunique and i.indpred is null and i.indexprs is null
            then (select array_agg(u order by u)::text from unnest(c.columns) as u)
        when k.kind = 'f' then concat(c.columns, r.reference)
        else concat(i.indisunique, coalesce(substring(d.definition from ' USING .*$'), d.definition))
    end as meaning,
    (select string_agg(pg_get_indexdef(i.indexrelid, u, true), ', ') from generate_series(1, i.indnkeyatts) as u)
    as expressions, pg_get_expr(i.indpred, i.indrelid) as predicate
from adopt_table as t
cross join lateral (
    select o.conname::text, o.contype::text, o.conkey, pg_get_constraintdef(o.oid), o.conindid
    from pg_constraint as o
    where o.conrelid = t.oid and o.contype in ('p', 'u', 'f', 'x', 'c')
    union all
    select n.relname, 'i', x.indkey::smallint[], pg_get_indexdef(n.oid), n.oid
    from pg_index as x
    inner join pg_class as n on x.indexrelid = n.oid
    where x.indrelid = t.oid
        and n.oid not in (select o.conindid from pg_constraint as o where o.contype in ('p', 'u', 'x'))
) as k (name, kind, places, definition, index_oid)
left join pg_index as i on k.index_oid = i.indexrelid and k.kind in ('p', 'u', 'i')
left join adopt_pair as e on not t.taken and t.table_name = e.table_name and e.is_enum and e.ours <> e.theirs
cross join lateral (
    select array_agg(a.attname::text order by u.place) as columns
    from unnest(k.places) with ordinality as u (attnum, place)
    inner join pg_attribute as a on t.oid = a.attrelid and u.attnum = a.attnum
) as c
cross join coalesce(replace(k.definition, '::' || e.ours, '::' || e.theirs), k.definition) as d (definition)
-- What a foreign key refers to, with its columns.
cross join substring(d.definition from 'REFERENCES (?:[^(]*\.)?"?([^("]*"?\([^)]*\))') as r (reference);

-- Those of ours that theirs have not. What would refuse rows of the application is left out: settings.rules says what
-- becomes of them. A table that has another primary key gets a unique one.
create temporary table adopt_missing on commit drop as
select o.table_name, n.new_name, o.is_unique, o.expressions, o.predicate,
    case
        when o.kind = 'i' then regexp_replace(o.definition, 'INDEX .*? ON ', format('INDEX %s ON ', n.new_name))
        else format('alter table %s add constraint %s %s', o.tab, n.new_name, regexp_replace(
            o.definition, '^PRIMARY KEY', case when p.name is null then 'PRIMARY KEY' else 'UNIQUE' end
        ))
    end as makes,
    case o.kind
        when 'i' then format('drop index if exists %I.%s', q.target, n.new_name)
        else format('alter table %s drop constraint if exists %s', o.tab, n.new_name)
    end as drops,
    t.oid is not null and o.kind in ('c', 'f') and exists (
        select from adopt_pair as c where not c.is_new and c.table_name = o.table_name and c.name = any(o.columns)
    ) as is_left
from adopt_asked as q
cross join adopt_key as o
left join adopt_table as t on t.taken and o.table_name = t.table_name
left join adopt_table as r on r.taken and o.kind = 'f' and starts_with(o.reference, r.table_name || '(')
left join adopt_key as k on k.taken and o.table_name = k.table_name and o.meaning = k.meaning
left join adopt_key as p on p.taken and o.table_name = p.table_name and p.kind = 'p'
cross join lateral (
    select quote_ident(coalesce(max(left(x.name, 61) || '_2'), o.name)) as new_name
    from adopt_key as x
    where x.taken and o.name = x.name
) as n
where not o.taken and k.name is null and coalesce(t.oid, r.oid) is not null;

create temporary table adopt_map on commit drop as
select m.text, r.found[1] as place_name, r.found[2] as from_value, r.found[3] as to_value
from adopt_asked as q
cross join unnest(q.maps) as m (text)
left join lateral regexp_match(m.text, '^(.+?\..+?):(.+?)=(.+)$') as r (found) on true;

-- Values that our rules know, from an enumeration or a check, and zones; a check may know them by a domain that it
-- casts to. unknown: others that are there.
create temporary table adopt_label on commit drop as
select p.place_name, p.table_name, p.was, p.name, p.col, p.theirs, l.labels, a.value as unknown
from adopt_pair as p
cross join lateral (
    select array_agg(distinct r.found[1]) || p.labels
    from adopt_key as k
    left join pg_type as y on y.typtype = 'd' and k.definition ~ format('\m%s\)*::(\w+\.)?%s\M', p.name, y.typname)
    left join pg_constraint as o on y.oid = o.contypid
    cross join regexp_matches(coalesce(pg_get_constraintdef(o.oid), k.definition), '''([^'']*)''::', 'g') as r (found)
    where not k.taken and k.table_name = p.table_name and k.kind = 'c' and p.name = any(k.columns)
        and (o.oid is not null or k.columns = array[p.name] and k.definition ~ '= ANY')
        and p.name <> 'timezone'
    union all
    select array_agg(lower(z.name)) from pg_timezone_names as z where p.name = 'timezone' having count(*) > 0
) as l (labels)
cross join pg_temp.adopt_ask(format(
    'select string_agg(format(%L, u.label, u.rows), '', '') from (select left(%s::text, 60) as label, count(*) as rows'
    ' from %s where %2$s::text <> all(%4$L::text[]) and %5$s(%2$s::text) <> all(%4$L::text[]) group by 1'
    ' order by 2 desc limit 5) as u',
    case p.name when 'timezone' then '%L' else '%L (%s rows)' end, p.col, p.was, l.labels || array(
        select m.from_value from adopt_map as m where m.place_name = p.place_name
    ), case p.name when 'timezone' then 'lower' end
)) as a
where p.fit = 'as is' and l.labels <> '{}';

-- Nulls that get their default, and mapped labels that become ours.
create temporary table adopt_value on commit drop as
select p.table_name, p.place, p.tab, p.col, v.old, v.becomes, w.test, r.value as rows
from adopt_pair as p
cross join lateral (
    select 'null', coalesce(p.their_default, p.our_default)
    where p.our_not_null and not p.their_not_null
    union all
    select quote_literal(m.from_value), quote_literal(m.to_value) from adopt_map as m where m.place_name = p.place_name
) as v (old, becomes)
cross join format('new.%s %s %s', p.col, case v.old when 'null' then 'is' else '=' end, v.old) as w (test)
cross join pg_temp.adopt_ask(format('select count(*) from %s as new where %s', p.was, w.test)) as r
where not p.is_new and v.becomes is not null;

create temporary table adopt_setting on commit drop as
select s.setrole, s.setdatabase, lower(c.part[1]) as name, c.part[2] as value
from pg_db_role_setting as s
cross join lateral unnest(s.setconfig) as u (setting)
cross join regexp_match(u.setting, '^(.*?)=(.*)$') as c (part);

-- What finds the tables by name: settings of the database, of roles, of functions, and functions that triggers call,
-- because statements of ours set these off too, and see our schema only. wanted: with our schema right behind theirs.
create temporary table adopt_path on commit drop as
select p.rank, p.name, p.place, p.old, w.wanted, p.may
from (
    select 1, format('database %I', d.datname), format('database %I', d.datname), x.value,
        coalesce(x.value, '"$user", public'), pg_has_role(d.datdba, 'usage')
    from pg_database as d
    left join adopt_setting as x on d.oid = x.setdatabase and x.setrole = 0 and x.name = 'search_path'
    where d.datname = current_database()
    union all
    select 2, format('role %I', r.rolname), format('role %I in database %I', r.rolname, b.datname),
        case s.setdatabase when b.oid then s.value end, s.value,
        r.rolname = u.rolname or u.rolsuper or u.rolcreaterole
    from adopt_setting as s
    inner join pg_roles as r on s.setrole = r.oid and s.name = 'search_path'
    inner join pg_database as b on b.datname = current_database() and s.setdatabase in (0, b.oid)
    inner join pg_roles as u on u.rolname = current_user
    union all
    select 3, format('function %s', p.oid::regprocedure), format('routine %s', p.oid::regprocedure), c.path,
        coalesce(c.path, quote_ident(y.source)), pg_has_role(p.proowner, 'usage')
    from adopt_asked as y
    inner join pg_proc as p on p.prosqlbody is null and p.oid >= 16384
        and p.pronamespace::regnamespace::text not in ('lifecycle', 'sessionbook', quote_ident(y.target))
    cross join substring(array_to_string(p.proconfig, e'\n') from '(?n)^search_path=(.*)$') as c (path)
    where (c.path is not null or p.oid in (
            select t.tgfoid from pg_trigger as t inner join adopt_table as x on t.tgrelid = x.oid and x.taken
        )) and not exists (
            select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
) as p (rank, name, place, old, path, may)
cross join adopt_asked as q
cross join lateral (
    select string_agg(
        u.name || case btrim(u.name, '"') when q.source then ', ' || quote_ident(q.target) else '' end, ', '
        order by u.place
    )
    from regexp_split_to_table(p.path, '\s*,\s*') with ordinality as u (name, place)
    having bool_or(btrim(u.name, '"') = q.source) and not bool_or(btrim(u.name, '"') = q.target)
) as w (wanted);

-- Who has rights to the tables. is_member: of a role of ours, which no policy may keep from rows; is_other: writes, and
-- is none.
create temporary table adopt_holder on commit drop as
select g.name, bool_or(g.writes and g.trusted) as is_member, bool_or(g.writes and not g.trusted) as is_other
from (
    select substring(i.identity from '^grant to (.*?) on '), i.definition ~ 'INSERT|UPDATE|DELETE',
        q.roles and not t.relrowsecurity and i.identity !~ '^grant to public '
    from adopt_asked as q
    cross join sessionbook.items(q.source) as i
    inner join adopt_table as t on t.taken and i.identity ~ format(' on (table %1$s|column %1$s\..*)$', t.table_name)
    where starts_with(i.identity, 'grant to ')
) as g (name, writes, trusted)
group by g.name;

-- While rows are brought in, triggers of ours that derive columns work; all others of both sides would take this for
-- events.
create temporary view adopt_trigger as
select format('alter table %s disable trigger %I', t.tgrelid::regclass, t.tgname) as stops,
    format(
        'alter table %s %s trigger %I', t.tgrelid::regclass,
        case t.tgenabled when 'R' then 'enable replica' when 'A' then 'enable always' else 'enable' end, t.tgname
    ) as wakes
from pg_trigger as t
inner join adopt_table as x on t.tgrelid = x.oid
where not t.tgisinternal and t.tgenabled <> 'D' and t.tgname !~ '^zz_\d+_(derive_(?!status)|take_)';
