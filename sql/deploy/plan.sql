-- Compares the package with what was applied. p_package: {"migrations": [{"unit", "id", "path", "sha256"}], "files":
-- [{"unit", "path", "sha256"}], "installations": [{"unit", "schema_name", "upto"}]}; upto: stop after this migration,
-- and apply no file. kind: applied, migration, repeatable, drop; drift and unfinished stop a deploy.
create function sessionbook.plan(p_package jsonb)
returns table (unit text, schema_name text, kind text, name text, reason text)
language sql stable set search_path = pg_catalog, pg_temp as $function$
with installation as (
    select i.unit, i.schema_name, i.upto, i.place
    from rows from (
        jsonb_to_recordset(p_package -> 'installations') as (unit text, schema_name text, upto text)
    ) with ordinality as i (unit, schema_name, upto, place)
),
migration as (
    select i.unit, i.schema_name, i.upto, i.place, m.id, m.path, m.sha256, a.id is not null as is_applied,
        a.sha256 as applied_sha256,
        max(a.id collate "C") over (partition by i.schema_name) as newest
    from installation as i
    inner join jsonb_to_recordset(p_package -> 'migrations') as m (unit text, id text, path text, sha256 text)
        on m.unit = i.unit
    left join sessionbook.migrations as a on a.schema_name = i.schema_name and a.unit = i.unit and a.id = m.id
),
said as (
    select i.unit, i.schema_name, i.place,
        i.unit || case when i.unit <> i.schema_name then ' in ' || i.schema_name else '' end as name
    from installation as i
),
file as (
    select i.unit, i.schema_name, i.place, f.path, f.sha256
    from installation as i
    inner join jsonb_to_recordset(p_package -> 'files') as f (unit text, path text, sha256 text) on f.unit = i.unit
    where i.upto is null
),
due (place, rank, unit, schema_name, kind, name, reason) as (
    select m.place, 1, m.unit, m.schema_name, 'applied', m.id, null
    from migration as m
    where m.is_applied
    union all
    select m.place, 2, m.unit, m.schema_name, 'migration', m.id, 'new'
    from migration as m
    where not m.is_applied and (m.upto is null or m.id collate "C" <= m.upto)
    union all
    select f.place, 3, f.unit, f.schema_name, 'repeatable', f.path,
        case when a.path is null then 'new' when a.sha256 is null then 'due again' else 'changed' end
    from file as f
    left join sessionbook.files as a on a.schema_name = f.schema_name and a.path = f.path
    where a.sha256 is distinct from f.sha256
    union all
    select i.place, 4, i.unit, i.schema_name, 'drop', a.path, 'gone from the package'
    from installation as i
    inner join sessionbook.files as a on a.schema_name = i.schema_name
    where i.upto is null
        and a.path not in (select f.path from file as f where f.unit = i.unit)
        and a.path not in (
            select k.path from jsonb_to_recordset(p_package -> 'skipped') as k (path text)
        )
    union all
    select i.place, 5, i.unit, i.schema_name, 'unfinished', s.id, null
    from installation as i
    inner join sessionbook.started_migrations as s on s.schema_name = i.schema_name
    union all
    select m.place, 6, m.unit, m.schema_name, 'drift',
        format('%s was edited after it was applied to %s', m.path, s.name), null
    from migration as m
    inner join said as s on s.schema_name = m.schema_name and s.unit = m.unit
    where m.is_applied and m.applied_sha256 <> m.sha256
    union all
    select s.place, 7, s.unit, s.schema_name, 'drift',
        format(
            '%s has %s applied, which this package does not have: its file is gone, or the package is older',
            s.name, a.id
        ), null
    from said as s
    inner join sessionbook.migrations as a on a.schema_name = s.schema_name and a.unit = s.unit
    where a.id not in (select m.id from migration as m where m.unit = s.unit)
    union all
    select m.place, 8, m.unit, m.schema_name, 'drift',
        format('%s comes late: a higher number is applied to %s', m.path, s.name), null
    from migration as m
    inner join said as s on s.schema_name = m.schema_name and s.unit = m.unit
    where not m.is_applied and m.id collate "C" < m.newest
    union all
    select s.place, 9, s.unit, s.schema_name, 'drift',
        format(
            '%s was applied, and schema %s is gone: sessionbook forget %s, or sessionbook rename %s NAME',
            s.name, s.schema_name, s.schema_name, s.schema_name
        ), null
    from said as s
    inner join sessionbook.installations as a
        on a.schema_name = s.schema_name and a.unit = s.unit and a.version is not null
    where to_regnamespace(quote_ident(s.schema_name)) is null
)
select d.unit, d.schema_name, d.kind, d.name, d.reason
from due as d
order by d.place, d.rank, d.name collate "C"
$function$;

comment on function sessionbook.plan(jsonb) is
'Compares the package with what was applied: a row for each thing to do, with its reason.';
