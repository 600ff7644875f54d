-- What is to be compared: the tables of an installation as the migrations have just made them (side ours) and those of
-- an application (side theirs). Every name is written in full. All of this is temporary.
create temporary table adopt_step (
    place integer generated always as identity,
    phase integer not null,
    kind text not null,
    what text not null,
    why text not null,
    you text not null,
    statement text,
    undo text
);

create temporary table adopt_table (
    side text not null,
    table_name text not null,
    oid oid not null,
    rows bigint not null,
    comment text
);

create temporary table adopt_column (
    side text not null,
    table_name text not null,
    column_name text not null,
    place integer not null,
    type_oid oid not null,
    type text not null,
    not_null boolean not null,
    expression text,
    identity text not null,
    comment text
);

create temporary table adopt_key (
    side text not null,
    table_name text not null,
    name text not null,
    kind text not null,
    columns text[] not null,
    reference text,
    definition text not null,
    is_unique boolean not null,
    is_partial boolean not null,
    comment text
);

create temporary table adopt_view (
    name text not null,
    depth integer not null,
    drops text not null,
    makes text not null
);

create function pg_temp.adopt_count(p_table regclass)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_rows bigint;
begin
    if has_table_privilege(p_table, 'select') then
        execute format('select count(*) from %s', p_table) into v_rows;
    end if;
    return coalesce(v_rows, 0);
end
$function$;

create function pg_temp.adopt_read(p_side text, p_schema text, p_tables text[])
returns void
language sql
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $function$
insert into pg_temp.adopt_table (side, table_name, oid, rows, comment)
select p_side, c.relname, c.oid, pg_temp.adopt_count(c.oid), obj_description(c.oid, 'pg_class')
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname = p_schema and c.relkind in ('r', 'p') and (p_tables is null or c.relname = any(p_tables));

insert into pg_temp.adopt_column (
    side, table_name, column_name, place, type_oid, type, not_null, expression, identity, comment
)
select
    t.side, t.table_name, a.attname, a.attnum, a.atttypid, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    case a.attgenerated when '' then pg_get_expr(d.adbin, d.adrelid) end, a.attidentity,
    col_description(t.oid, a.attnum)
from pg_temp.adopt_table as t
inner join pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
where t.side = p_side;

insert into pg_temp.adopt_key (
    side, table_name, name, kind, columns, reference, definition, is_unique, is_partial, comment
)
select
    t.side, t.table_name, k.conname, k.contype,
    coalesce((
        select array_agg(a.attname::text order by u.place)
        from unnest(k.conkey) with ordinality as u (attnum, place)
        inner join pg_attribute as a on a.attrelid = t.oid and a.attnum = u.attnum
    ), '{}'),
    case when k.contype = 'f' then concat(
        (select c.relname from pg_class as c where c.oid = k.confrelid),
        (
            select array_agg(a.attname::text order by u.place)
            from unnest(k.confkey) with ordinality as u (attnum, place)
            inner join pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.attnum
        )
    ) end,
    pg_get_constraintdef(k.oid), k.contype in ('p', 'u'), false, obj_description(k.oid, 'pg_constraint')
from pg_temp.adopt_table as t
inner join pg_constraint as k on k.conrelid = t.oid and k.contype in ('p', 'u', 'f', 'x', 'c')
where t.side = p_side
union all
select
    t.side, t.table_name, o.relname, 'i',
    coalesce((
        select array_agg(coalesce(a.attname::text, '') order by u.place)
        from unnest(i.indkey::smallint[]) with ordinality as u (attnum, place)
        left join pg_attribute as a on a.attrelid = t.oid and a.attnum = u.attnum and a.attnum > 0
        where u.place <= i.indnkeyatts
    ), '{}'),
    null,
    substring(pg_get_indexdef(i.indexrelid) from ' USING .*$'), i.indisunique, i.indpred is not null,
    obj_description(i.indexrelid, 'pg_class')
from pg_temp.adopt_table as t
inner join pg_index as i on i.indrelid = t.oid
inner join pg_class as o on o.oid = i.indexrelid
where t.side = p_side
    and not exists (
        select from pg_constraint as k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
    );
$function$;

-- A line of the plan. phase: 1 before the functions, views and triggers of the package are made, 3 after. kind: change,
-- note or stop. what, why, you: for people; statement is what is done, undo takes it back.
create function pg_temp.adopt_add(
    p_phase integer, p_kind text, p_what text, p_why text, p_you text, p_statement text default null,
    p_undo text default null
)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $function$
insert into pg_temp.adopt_step (phase, kind, what, why, you, statement, undo)
values (p_phase, p_kind, p_what, p_why, p_you, p_statement, p_undo)
$function$;

-- Whether our functions work on a column of theirs as it is: as is, convert or refuse.
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
    when o.typname ~ '^jsonb?$' and t.typname ~ '^jsonb?$' then 'as is'
    when o.typtype = 'e' and t.typcategory = 'S' then 'as is'
    when o.typtype = 'e' and t.typtype = 'e'
        and not exists (
            select from pg_enum as e
            where e.enumtypid = o.oid
                and e.enumlabel not in (select l.enumlabel from pg_enum as l where l.enumtypid = t.oid)
        ) then 'as is'
    when o.typname in ('timestamp', 'date') and t.typname in ('timestamp', 'timestamptz') then 'as is'
    when o.typname = 'timestamptz' and t.typname = 'timestamp'
        then case when p_column ~ '^(created|updated|deleted|viewed)_at$' then 'as is' else 'convert' end
    else 'refuse'
end
from pg_type as o, pg_type as t
where o.oid = p_ours and t.oid = p_theirs
$function$;
