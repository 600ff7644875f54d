-- Compares the package with what was applied. p_package: {"migrations": [{"unit", "id", "path", "sha256"}], "files":
-- [{"unit", "path", "sha256"}], "installations": [{"unit", "schema_name", "upto"}]}; a file without a hash is left as
-- it is; upto: stop after this migration, and apply no file. kind: applied, migration, repeatable, drop; drift and
-- unfinished stop a deploy.
create function sessionbook.plan(p_package jsonb)
returns table (unit text, schema_name text, kind text, name text, reason text)
language sql stable set search_path = pg_catalog, pg_temp as $function$
with installation as (
    select i.place, i.unit, i.schema_name, i.upto, r.version, r.started,
        i.unit || case when i.unit <> i.schema_name then ' in ' || i.schema_name else '' end as name
    from rows from (
        jsonb_to_recordset(p_package -> 'installations') as (unit text, schema_name text, upto text)
    ) with ordinality as i (unit, schema_name, upto, place)
    left join sessionbook.installations as r on r.schema_name = i.schema_name and r.unit = i.unit
)
select i.unit, i.schema_name, w.kind, w.name, w.reason
from installation as i
cross join lateral (
    select v.rank, v.kind, v.name, v.reason
    from (
        select p.id, p.path, p.sha256
        from jsonb_to_recordset(p_package -> 'migrations') as p (unit text, id text, path text, sha256 text)
        where p.unit = i.unit
    ) as m
    full join (
        select a.id, a.sha256
        from sessionbook.migrations as a
        where a.schema_name = i.schema_name and i.version is not null
    ) as a on a.id = m.id
    cross join lateral (
        values
            (m.id = a.id, 1, 'applied', m.id, null),
            (a.id is null and m.id collate "C" <= coalesce(i.upto, m.id), 2, 'migration', m.id, 'new'),
            (m.sha256 <> a.sha256, 6, 'drift', format(
                '%s was edited after it was applied to %s', m.path, i.name
            ), null),
            (m.id is null, 7, 'drift', format(
                '%s has %s applied, which this package does not have: its file is gone, or the package is older',
                i.name, a.id
            ), null),
            (a.id is null and m.id collate "C" < i.version, 8, 'drift', format(
                '%s comes late: a higher number is applied to %s', m.path, i.name
            ), null)
    ) as v (holds, rank, kind, name, reason)
    where v.holds
    union all
    select
        case when f.path is null then 4 else 3 end,
        case when f.path is null then 'drop' else 'repeatable' end,
        coalesce(f.path, b.path),
        case
            when f.path is null then 'gone from the package'
            when b.path is null then 'new'
            when b.sha256 is null then 'due again'
            else 'changed'
        end
    from (
        select p.path, p.sha256
        from jsonb_to_recordset(p_package -> 'files') as p (unit text, path text, sha256 text)
        where p.unit = i.unit
    ) as f
    full join (select k.path, k.sha256 from sessionbook.files as k where k.schema_name = i.schema_name) as b
        on b.path = f.path
    where i.upto is null and (f.path, f.sha256) is distinct from (b.path, b.sha256)
        and (f.path is null or f.sha256 is not null)
    union all
    select v.rank, v.kind, v.name, null
    from (
        values
            (5, 'unfinished', i.started),
            (9, 'drift', case when i.version is not null and to_regnamespace(quote_ident(i.schema_name)) is null then
                format(
                    '%s was applied, and schema %2$s is gone: sessionbook forget %2$s, or sessionbook rename %2$s NAME',
                    i.name, i.schema_name
                )
            end)
    ) as v (rank, kind, name)
    where v.name is not null
) as w
order by i.place, w.rank, w.name collate "C"
$function$;
comment on function sessionbook.plan is 'The steps of a deploy, and what prevents it, each with its reason.';
