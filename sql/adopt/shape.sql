-- What is to be compared: the tables of an installation as the migrations have just made them, and those of an
-- application. All of this is temporary; rules.sql asks it. The search_path is pg_catalog, pg_temp.
create temporary table adopt_asked on commit drop as
select x.* -- noqa: AM04
from jsonb_to_record(current_setting('sessionbook.asked')::jsonb) as x (
    source text, target text, zone text, maps jsonb, replaced jsonb, roles boolean, tables jsonb, derived jsonb,
    names jsonb
);

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
    c.relrowsecurity, c.relforcerowsecurity, c.relacl,
    format('%I.%I', q.target, c.relname) as tab, format('%I.%I', n.nspname, c.relname) as was, r.value::bigint as rows
from adopt_asked as q
inner join pg_namespace as n on n.nspname in (q.source, q.target)
inner join pg_class as c on n.oid = c.relnamespace and c.relkind in ('r', 'p')
cross join pg_temp.adopt_ask(format('select count(*) from %s', c.oid::regclass)) as r
where n.nspname = q.target or q.tables ? c.relname
order by c.oid;

-- Columns of both sides, beside each other. fit: whether our functions work on one of theirs as it is. A domain is
-- what it stands for. In what ours say an enumeration of theirs takes the place of ours.
create temporary table adopt_pair on commit drop as
with col as (
    select t.taken, t.table_name, a.attname::text as name, a.attnum as place, y.oid as base, y.typname, y.typtype,
        y.typcategory, format_type(a.atttypid, a.atttypmod) as type, a.attcollation as collation_oid,
        case when y.typcategory = 'S' and a.atttypmod > 4 then a.atttypmod - 4 end as length,
        a.attnotnull as not_null, a.attidentity <> '' as is_identity, a.attgenerated <> '' as is_generated,
        case a.attgenerated when '' then pg_get_expr(d.adbin, d.adrelid) end as value,
        array(select e.enumlabel::text from pg_enum as e where e.enumtypid = y.oid) as labels
    from adopt_table as t
    inner join pg_attribute as a on t.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
    inner join pg_type as x on a.atttypid = x.oid
    inner join pg_type as y on y.oid = case x.typbasetype when 0 then x.oid else x.typbasetype end
    left join pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
)
select t.table_name, t.tab, t.was, t.oid, coalesce(o.name, c.name) as name,
    quote_ident(coalesce(o.name, c.name)) as col,
    concat(t.table_name, '.', coalesce(o.name, c.name)) as place_name, coalesce(o.place, 1000 + c.place) as place,
    c.place as their_place, c.name is null as is_new, o.type as ours, c.type as theirs, o.length as our_length,
    c.length as their_length, o.not_null as our_not_null, c.not_null as their_not_null, c.collation_oid,
    o.is_identity as is_our_identity, c.is_identity as is_their_identity, c.is_generated, o.labels,
    o.typtype = 'e' as is_enum, c.value as their_default,
    case when o.typtype = 'e' then replace(o.value, '::' || o.type, '::' || coalesce(c.type, o.type)) else o.value end
    as our_default,
    f.fit,
    case when f.fit = 'convert' and not c.is_generated then replace(c.type, 'without time', 'with time') end as zoned
from (select x.* from col as x where not x.taken) as o
full join (select y.* from col as y where y.taken) as c on o.table_name = c.table_name and o.name = c.name
inner join adopt_table as t on t.taken and t.table_name = coalesce(o.table_name, c.table_name)
cross join lateral (
    select case
        when o.base = c.base or o.typcategory = 'S' and c.typcategory = 'S' then 'as is'
        when o.typname ~ '^(int[248]|numeric)$' and c.typname ~ '^(int[248]|numeric)$' then 'as is'
        when o.typname = 'numeric' and c.typname ~ '^float[48]$' then 'as is'
        when o.typname ~ '^jsonb?$' and c.typname ~ '^jsonb?$' then 'as is'
        when o.typtype = 'e' and (c.typcategory = 'S' or o.labels <@ c.labels) then 'as is'
        when (o.typname = 'timestamp' or o.name = 'expiry_date') and c.typname in ('timestamp', 'timestamptz')
            then 'as is'
        when o.typname = 'timestamptz' and c.typname = 'timestamp'
            then case when o.name ~ '^(created|updated|deleted|viewed)_at$' then 'as is' else 'convert' end
        when o.name is not null and c.name is not null then 'refuse'
    end as fit
) as f
order by t.table_name, place;

select pg_temp.adopt_set_aside(array_agg(p.oid), array_agg(p.their_place))
from adopt_pair as p
where p.zoned <> '';

-- Keys, checks and indexes. expressions and predicate: what is unique, of which rows.
create temporary table adopt_key on commit drop as
select t.taken, t.table_name, t.tab, t.was, k.name, k.kind, k.definition, coalesce(i.indisunique, false) as is_unique,
    array(
        select coalesce(a.attname::text, '')
        from unnest(k.places) with ordinality as u (attnum, place)
        left join pg_attribute as a on a.attrelid = t.oid and u.attnum = a.attnum and u.attnum > 0
        order by u.place
    ) as columns,
    -- What a foreign key refers to, with its columns.
    substring(k.definition from 'REFERENCES (?:[^(]*\.)?"?([^("]*"?\([^)]*\))') as reference,
    (select string_agg(pg_get_indexdef(i.indexrelid, u, true), ', ') from generate_series(1, i.indnkeyatts) as u)
    as expressions,
    pg_get_expr(i.indpred, i.indrelid) as predicate
from adopt_table as t
cross join lateral (
    select o.conname::text, o.contype::text, o.conkey, pg_get_constraintdef(o.oid), o.conindid
    from pg_constraint as o
    where o.conrelid = t.oid and o.contype in ('p', 'u', 'f', 'x', 'c')
    union all
    select c.relname, 'i', x.indkey::smallint[], substring(pg_get_indexdef(c.oid) from ' USING .*$'), c.oid
    from pg_index as x
    inner join pg_class as c on x.indexrelid = c.oid
    where x.indrelid = t.oid
        and c.oid not in (select o.conindid from pg_constraint as o where o.contype in ('p', 'u', 'x'))
) as k (name, kind, places, definition, index_oid)
left join pg_index as i on k.index_oid = i.indexrelid and k.kind in ('p', 'u', 'i');

-- Those of ours that theirs have not. A key of theirs on the same columns is taken for ours, whatever its name. What
-- would refuse rows of the application is left out: settings.rules says what becomes of them.
create temporary table adopt_missing on commit drop as
select o.*, t.table_name is not null as is_theirs, s.definition as wanted, -- noqa: AM04
    row_number() over (order by array_position('{p,u,i,x,f,c}', o.kind), o.table_name, o.name) as place,
    t.table_name is not null and o.kind in ('c', 'f') and exists (
        select from adopt_pair as p
        where not p.is_new and p.table_name = o.table_name and p.name = any(o.columns)
    ) as is_left,
    quote_ident(case when n.taken then left(o.name, 61) || '_2' else o.name end) as new_name
from adopt_key as o
left join adopt_table as t on t.taken and o.table_name = t.table_name
left join adopt_pair as e on o.table_name = e.table_name and e.is_enum and e.ours <> e.theirs
-- A table that has another primary key gets a unique one.
cross join lateral (
    select regexp_replace(
        coalesce(replace(o.definition, '::' || e.ours, '::' || e.theirs), o.definition),
        case when exists (
            select from adopt_key as k where k.taken and k.table_name = o.table_name and k.kind = 'p'
        ) then '^PRIMARY KEY' else '^$' end, 'UNIQUE'
    ) as definition
) as s
cross join lateral (select exists(select from adopt_key as k where k.taken and k.name = o.name) as taken) as n
where not o.taken
    and (t.table_name is not null or o.kind = 'f' and exists (
        select from adopt_table as r where r.taken and starts_with(o.reference, r.table_name || '(')
    ))
    and not exists (
        select from adopt_key as k
        where k.taken and k.table_name = o.table_name
            and case
                when o.kind in ('p', 'u')
                    then k.is_unique and k.predicate is null and k.columns @> o.columns and o.columns @> k.columns
                when o.kind = 'f' then k.kind = 'f' and k.columns = o.columns and k.reference = o.reference
                else k.kind = o.kind and k.definition = s.definition and k.is_unique >= o.is_unique
            end
    );

create temporary table adopt_map on commit drop as
select m.text, r.found[1] as table_name, r.found[2] as column_name, r.found[3] as from_value, r.found[4] as to_value
from adopt_asked as q
cross join jsonb_array_elements_text(q.maps) as m (text)
left join lateral regexp_match(m.text, '^(.+?)\.(.+?):(.+?)=(.+)$') as r (found) on true;

-- Values that our rules know, from an enumeration or a check; a check may know them by a domain that it casts to.
create temporary table adopt_label on commit drop as
select p.table_name, p.tab, p.was, p.name, p.col, p.theirs, l.labels, l.labels || array(
    select m.from_value from adopt_map as m where m.table_name = p.table_name and m.column_name = p.name
) as known
from adopt_pair as p
cross join lateral (
    select array_agg(distinct x.label order by x.label)
    from (
        select u.label from unnest(p.labels) as u (label)
        union all
        select r.found[1]
        from adopt_key as k
        left join pg_type as y on y.typtype = 'd' and k.definition ~ format('\m%s\)*::(\w+\.)?%s\M', p.name, y.typname)
        left join pg_constraint as o on y.oid = o.contypid
        cross join regexp_matches(coalesce(pg_get_constraintdef(o.oid), k.definition), '''([^'']*)''::', 'g')
            as r (found)
        where not k.taken and k.table_name = p.table_name and k.kind = 'c' and p.name = any(k.columns)
            and (o.oid is not null or k.columns = array[p.name] and k.definition ~ '= ANY')
    ) as x (label)
) as l (labels)
where p.fit = 'as is' and l.labels <> '{}';

-- Nulls that get their default, and mapped labels that become ours.
create temporary table adopt_fill on commit drop as
select p.table_name, p.tab, p.col, f.filled, n.value as rows,
    coalesce('coalesce(' || v.mapped || ', ' || f.filled || ')', v.mapped) as value,
    concat_ws(
        ' or ', case when f.filled is not null then format('new.%s is null', p.col) end,
        'new.' || p.col || ' in (' || m.labels || ')'
    ) as condition
from adopt_pair as p
left join lateral (
    select string_agg(quote_literal(x.from_value), ', ') as labels,
        string_agg(format(' when %L then %L', x.from_value, x.to_value), '') as cases
    from adopt_map as x
    where x.table_name = p.table_name and x.column_name = p.name
) as m on true
cross join lateral (
    select case
        when not p.their_not_null and p.our_not_null and p.fit <> 'refuse' and not p.is_generated
            then coalesce(p.their_default, p.our_default)
    end as filled
) as f
cross join lateral (
    select coalesce('case new.' || p.col || m.cases || ' else new.' || p.col || ' end', 'new.' || p.col) as mapped
) as v
cross join pg_temp.adopt_ask(format('select nullif(count(*), 0) from %s where %s is null', p.was, p.col)) as n
where not p.is_new and coalesce(f.filled, m.cases) is not null;

-- What finds the tables by name: settings of the database, of roles, of functions, and functions that triggers call,
-- because statements of ours set these off too, and see our schema only. wanted: with our schema right behind theirs.
create temporary table adopt_path on commit drop as
select p.rank, p.name, p.place, p.old, n.path as wanted, p.may
from (
    select 1 as rank, format('database %I', d.datname) as name, format('database %I', d.datname) as place,
        s.path as old, coalesce(s.path, '"$user", public') as path, pg_has_role(d.datdba, 'usage') as may
    from pg_database as d
    left join lateral (
        select substr(c.setting, 13) as path
        from pg_db_role_setting as x
        cross join lateral unnest(x.setconfig) as c (setting)
        where x.setrole = 0 and x.setdatabase = d.oid and starts_with(c.setting, 'search_path=')
    ) as s on true
    where d.datname = current_database()
    union all
    select 2, format('role %I', r.rolname), format('role %I in database %I', r.rolname, current_database()),
        case when d.oid is not null then substr(c.setting, 13) end, substr(c.setting, 13),
        r.rolname = current_user or u.rolsuper or u.rolcreaterole
    from pg_db_role_setting as s
    inner join pg_roles as r on s.setrole = r.oid
    inner join pg_roles as u on u.rolname = current_user
    left join pg_database as d on s.setdatabase = d.oid and d.datname = current_database()
    cross join lateral unnest(s.setconfig) as c (setting)
    where starts_with(c.setting, 'search_path=') and (s.setdatabase = 0 or d.oid is not null)
    union all
    select 3, format('function %s', p.oid::regprocedure), format('routine %s', p.oid::regprocedure), c.path,
        coalesce(c.path, quote_ident(q.source)), pg_has_role(p.proowner, 'usage')
    from adopt_asked as q
    cross join pg_proc as p
    inner join pg_language as l on p.prolang = l.oid and l.lanname not in ('c', 'internal')
    left join lateral (
        select substr(c.setting, 13)
        from unnest(p.proconfig) as c (setting)
        where starts_with(c.setting, 'search_path=')
    ) as c (path) on true
    where p.prosqlbody is null and p.pronamespace::regnamespace::text not in ('lifecycle', 'sessionbook')
        and p.pronamespace::regnamespace::text <> quote_ident(q.target)
        and (c.path is not null or p.oid in (
            select t.tgfoid from pg_trigger as t inner join adopt_table as x on t.tgrelid = x.oid and x.taken
        ))
        and not exists (
            select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
) as p
cross join adopt_asked as a
cross join lateral (
    select array(
        select format('(^|,)(\s*"?%s"?)(?=\s*(,|$))', regexp_replace(x.name, '(\W)', '\\\1', 'g'))
        from unnest(array[a.source, a.target]) as x (name)
    ) as found
) as y
cross join lateral (
    select regexp_replace(p.path, y.found[1], '\1\2, ' || quote_ident(a.target)) as path
    where p.path ~ y.found[1] and p.path !~ y.found[2]
) as n;

-- Who has rights to the tables. is_member: of a role of ours, which no policy may keep from rows.
create temporary table adopt_holder on commit drop as
select g.name, bool_or(g.writes and g.name <> 'public' and g.trusted) as is_member,
    bool_or(g.writes and not g.trusted) as is_other
from (
    select case a.grantee when 0 then 'public' else a.grantee::regrole::text end as name,
        a.privilege_type in ('INSERT', 'UPDATE', 'DELETE') as writes, q.roles and not t.relrowsecurity as trusted
    from adopt_asked as q
    cross join adopt_table as t
    cross join lateral (
        select t.relacl
        union all
        select x.attacl from pg_attribute as x where x.attrelid = t.oid
    ) as l (acl)
    cross join lateral aclexplode(l.acl) as a
    where t.taken and a.grantee <> t.owner
) as g
group by g.name;

-- While rows are brought in, triggers of ours that derive columns work already; all others of both sides would take
-- this for events.
create temporary view adopt_trigger as
select format('alter table %s disable trigger %I', t.tgrelid::regclass, t.tgname) as stops,
    format(
        'alter table %s %s trigger %I', x.tab,
        case t.tgenabled when 'R' then 'enable replica' when 'A' then 'enable always' else 'enable' end, t.tgname
    ) as wakes
from pg_trigger as t
inner join adopt_table as x on t.tgrelid = x.oid and x.taken
where not t.tgisinternal and t.tgenabled <> 'D' and t.tgname !~ '^zz_\d+_(derive|take)_';
