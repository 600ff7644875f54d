-- What is to be compared: the tables of an installation as the migrations have just made them (side ours) and those of
-- an application (side theirs). All of this is temporary. Every name is written in full, or is pg_catalog's.
create temporary table adopt_asked on commit drop as
select x.* -- noqa: AM04
from jsonb_to_record(current_setting('sessionbook.asked')::jsonb) as x (
    source text, target text, instants_in text, maps jsonb, replaced jsonb, roles boolean, tables jsonb, derived jsonb,
    steps text, names jsonb
);

-- phase: 1 before the functions, views and triggers of the package are made, 3 after. kind: change, note or stop, for
-- people; sql is for none. undo takes a statement back.
create temporary table adopt_step (
    place integer generated always as identity,
    phase integer not null,
    kind text not null,
    what text not null default '',
    why text not null default '',
    you text not null default '',
    statement text,
    undo text
) on commit drop;

-- The value of a query over their tables; null too if it does not go with what they have, or may not be asked.
create function pg_temp.adopt_ask(p_query text)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_value text;
begin
    perform set_config('search_path', quote_ident(q.source) || ', pg_temp', true) from pg_temp.adopt_asked as q;
    execute p_query into v_value;
    return v_value;
exception
    when syntax_error_or_access_rule_violation or data_exception then return null;
end
$function$;

-- What PostgreSQL has against statements; null: nothing.
create function pg_temp.adopt_try(p_statements text)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    execute p_statements;
    return null;
exception
    when others then return format('%s (%s)', sqlerrm, sqlstate);
end
$function$;

create temporary table adopt_table on commit drop as
select s.side, n.nspname as schema_name, c.relname::text as table_name, c.oid,
    pg_temp.adopt_ask(format('select count(*) from %s', c.oid::regclass))::bigint as rows
from pg_temp.adopt_asked as q
cross join lateral (values ('ours', q.target), ('theirs', q.source)) as s (side, name)
inner join pg_namespace as n on s.name = n.nspname
inner join pg_class as c on n.oid = c.relnamespace and c.relkind in ('r', 'p')
where s.side = 'ours' or q.tables ? c.relname;

create temporary table adopt_column on commit drop as
select t.side, t.table_name, a.attname::text as column_name, a.attnum as place, a.atttypid as type_oid,
    format_type(a.atttypid, a.atttypmod) as type,
    case when y.typcategory = 'S' and a.atttypmod > 4 then a.atttypmod - 4 end as length,
    a.attcollation as collation_oid,
    a.attnotnull as not_null, case a.attgenerated when '' then pg_get_expr(d.adbin, d.adrelid) end as expression,
    a.attidentity <> '' as is_identity, a.attgenerated <> '' as is_generated
from pg_temp.adopt_table as t
inner join pg_attribute as a on t.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
inner join pg_type as y on a.atttypid = y.oid
left join pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum;

-- A table of another thing under a name of ours, such as the web sessions of a framework, has less than half of the
-- columns that ours cannot do without. It stays, and ours is made beside it.
create temporary table adopt_other on commit drop as
select t.table_name
from pg_temp.adopt_asked as q
cross join pg_temp.adopt_table as t
inner join pg_temp.adopt_column as o
    on o.side = 'ours' and t.table_name = o.table_name and o.not_null and o.expression is null and not o.is_identity
        and not q.derived ? o.column_name
left join pg_temp.adopt_column as c
    on c.side = 'theirs' and o.table_name = c.table_name and o.column_name = c.column_name
where t.side = 'theirs'
group by t.table_name
having 2 * count(c.column_name) < count(*);
delete from pg_temp.adopt_column as c
using pg_temp.adopt_other as o
where c.side = 'theirs' and c.table_name = o.table_name;
delete from pg_temp.adopt_table as t
using pg_temp.adopt_other as o
where t.side = 'theirs' and t.table_name = o.table_name;

-- Keys, checks and indexes. expressions and predicate: what is unique, of which rows.
create temporary table adopt_key on commit drop as
select
    t.side, t.table_name, k.name, k.kind,
    array(
        select coalesce(a.attname::text, '')
        from unnest(k.place) with ordinality as u (attnum, place)
        left join pg_attribute as a on a.attrelid = t.oid and u.attnum = a.attnum and u.attnum > 0
        order by u.place
    ) as columns,
    case when k.kind = 'f' then concat(
        (select c.relname from pg_class as c where c.oid = k.target),
        array(
            select a.attname::text
            from unnest(k.target_place) with ordinality as u (attnum, place)
            inner join pg_attribute as a on a.attrelid = k.target and u.attnum = a.attnum
            order by u.place
        )
    ) end as reference,
    k.definition, coalesce(i.indisunique, false) as is_unique,
    (select string_agg(pg_get_indexdef(i.indexrelid, u, true), ', ') from generate_series(1, i.indnkeyatts) as u)
    as expressions,
    pg_get_expr(i.indpred, i.indrelid) as predicate
from pg_temp.adopt_table as t
cross join lateral (
    select o.conname::text, o.contype::text, o.conkey, o.confrelid, o.confkey, pg_get_constraintdef(o.oid), o.conindid
    from pg_constraint as o
    where o.conrelid = t.oid and o.contype in ('p', 'u', 'f', 'x', 'c')
    union all
    select c.relname, 'i', x.indkey::smallint[], null, null, substring(pg_get_indexdef(c.oid) from ' USING .*$'), c.oid
    from pg_index as x
    inner join pg_class as c on x.indexrelid = c.oid
    where x.indrelid = t.oid
        and c.oid not in (select o.conindid from pg_constraint as o where o.contype in ('p', 'u', 'x'))
) as k (name, kind, place, target, target_place, definition, index_oid)
left join pg_index as i on k.index_oid = i.indexrelid and k.kind in ('p', 'u', 'i');

-- Whether our functions work on a column of theirs as it is: as is, convert or refuse. A domain is what it stands for.
create function pg_temp.adopt_fit(p_ours oid, p_theirs oid, p_column text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
select case
    when o.oid = t.oid then 'as is'
    when o.typcategory = 'S' and t.typcategory = 'S' then 'as is'
    when o.typname ~ '^(int[248]|numeric)$' and t.typname ~ '^(int[248]|numeric)$' then 'as is'
    when o.typname = 'numeric' and t.typname ~ '^float[48]$' then 'as is'
    when o.typname ~ '^jsonb?$' and t.typname ~ '^jsonb?$' then 'as is'
    when o.typtype = 'e' and t.typcategory = 'S' then 'as is'
    when o.typtype = 'e' and t.typtype = 'e' and array(
        select e.enumlabel::text from pg_enum as e where e.enumtypid = o.oid
    ) <@ array(
        select e.enumlabel::text from pg_enum as e where e.enumtypid = t.oid
    ) then 'as is'
    when (o.typname = 'timestamp' or p_column = 'expiry_date') and t.typname in ('timestamp', 'timestamptz')
        then 'as is'
    when o.typname = 'timestamptz' and t.typname = 'timestamp'
        then case when p_column ~ '^(created|updated|deleted|viewed)_at$' then 'as is' else 'convert' end
    else 'refuse'
end
from pg_type as o, pg_type as d
inner join pg_type as t on t.oid = case d.typbasetype when 0 then d.oid else d.typbasetype end
where o.oid = p_ours and d.oid = p_theirs
$function$;

-- An expression of ours with the enumerations of their table instead of ours.
create function pg_temp.adopt_swap(p_text text, p_table text)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_text text := p_text;
    v_ours text;
    v_theirs text;
begin
    for v_ours, v_theirs in
        select o.type, t.type
        from pg_temp.adopt_column as o
        inner join pg_temp.adopt_column as t
            on t.side = 'theirs' and t.table_name = o.table_name and t.column_name = o.column_name and t.type <> o.type
        inner join pg_type as y on y.oid = o.type_oid and y.typtype = 'e'
        where o.side = 'ours' and o.table_name = p_table
    loop
        v_text := replace(v_text, '::' || v_ours, '::' || v_theirs);
    end loop;
    return v_text;
end
$function$;

-- Columns of both sides, beside each other.
create temporary table adopt_pair on commit drop as
select t.schema_name, t.table_name, coalesce(o.column_name, c.column_name) as name,
    coalesce(o.place, 1000 + c.place) as place,
    o.type as ours, c.type as theirs, o.type_oid as our_oid, o.length as our_length, c.length as their_length,
    o.not_null as our_not_null, c.not_null as their_not_null, c.collation_oid,
    pg_temp.adopt_swap(o.expression, t.table_name) as our_default, c.expression as their_default,
    coalesce(o.is_identity, false) as is_our_identity, coalesce(c.is_identity, false) as is_their_identity,
    coalesce(c.is_generated, false) as is_generated, c.place as their_place, t.oid,
    pg_temp.adopt_fit(o.type_oid, c.type_oid, o.column_name) as fit
from (select x.* from pg_temp.adopt_column as x where x.side = 'ours') as o
full join (select y.* from pg_temp.adopt_column as y where y.side = 'theirs') as c
    on o.table_name = c.table_name and o.column_name = c.column_name
inner join pg_temp.adopt_table as t on t.side = 'theirs' and t.table_name = coalesce(o.table_name, c.table_name);
