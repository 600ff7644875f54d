-- Every object of the package by every role: what the role may do with it. One line an object.
-- r select, r* select of some columns, w insert, u update, u* update of some columns, d delete, x anything else, U usage, C create, E execute.
with roles as (
    select r.n, r.name
    from unnest(array[
        'sessionbook_app', 'sessionbook_writer', 'sessionbook_reader', 'sessionbook_courier', 'sessionbook_clock',
        'sessionbook_monitor', 'sessionbook_common', %(nobody)s
    ]) with ordinality as r (name, n)
),
schemas as (
    select n.oid, n.nspname
    from pg_namespace as n
    where n.nspname = any(%(schemas)s)
),
may as (
    select 1 as kind, n.nspname::text as object, r.n, r.name, concat(
        case when has_schema_privilege(r.name, n.oid, 'usage') then 'U' end,
        case when has_schema_privilege(r.name, n.oid, 'create') then 'C' end
    ) as may
    from schemas as n cross join roles as r
    union all
    select case when c.relkind = 'S' then 4 when c.relkind = 'v' then 3 else 2 end,
        format('%%I.%%I', n.nspname, c.relname), r.n, r.name,
        case c.relkind
            when 'S' then concat(
                case when has_sequence_privilege(r.name, c.oid, 'usage') then 'U' end,
                case when has_sequence_privilege(r.name, c.oid, 'select') then 'r' end,
                case when has_sequence_privilege(r.name, c.oid, 'update') then 'u' end
            )
            else concat(
                case
                    when has_table_privilege(r.name, c.oid, 'select') then 'r'
                    when has_any_column_privilege(r.name, c.oid, 'select') then 'r*'
                end,
                case when has_any_column_privilege(r.name, c.oid, 'insert') then 'w' end,
                case
                    when has_table_privilege(r.name, c.oid, 'update') then 'u'
                    when has_any_column_privilege(r.name, c.oid, 'update') then 'u*'
                end,
                case when has_table_privilege(r.name, c.oid, 'delete') then 'd' end,
                case when has_table_privilege(r.name, c.oid, 'truncate, trigger')
                    or has_any_column_privilege(r.name, c.oid, 'references') then 'x' end
            )
        end
    from pg_class as c
    inner join schemas as n on c.relnamespace = n.oid
    cross join roles as r
    where c.relkind in ('r', 'p', 'v', 'm', 'S')
    union all
    select 5, p.oid::regprocedure::text, r.n, r.name,
        case when has_function_privilege(r.name, p.oid, 'execute') then 'E' else '' end
    from pg_proc as p
    inner join schemas as n on p.pronamespace = n.oid
    cross join roles as r
)
select
    (array['schema', 'table', 'view', 'sequence', 'routine'])[m.kind] as kind,
    m.object,
    array_agg(m.may order by m.n) as may
from may as m
group by m.kind, m.object
order by m.kind, m.object collate "C"
