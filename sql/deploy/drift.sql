-- How an installation is before something changes, for record() later in the transaction.
create function sessionbook.look(p_schema text)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
select coalesce(jsonb_object_agg(i.identity, i.definition), '{}') from sessionbook.items(p_schema) as i
$function$;

comment on function sessionbook.look(text) is 'Items of a schema by identity.';

-- Enters what has changed since, and what has been made from its files, as it stands. What was changed by hand before
-- stays as it was entered, so that drift() goes on showing it: also an owner, and a grant that a file does not give.
create function sessionbook.record(p_schema text, p_before jsonb, p_made text[] default '{}')
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    -- After a baseline nothing is known of grants: a file that gives what is given changes nothing.
    v_first constant boolean := p_made <> '{}' and not exists (
        select from sessionbook.objects as o where o.schema_name = p_schema and o.identity ^@ 'grant to '
    );
begin
    with live as materialized (
        select i.identity, i.definition from sessionbook.items(p_schema) as i
    ),
    gone as (
        delete from sessionbook.objects as o
        where o.schema_name = p_schema and p_before ? o.identity
            and o.identity not in (select l.identity from live as l)
    )
    insert into sessionbook.objects as o (schema_name, identity, definition)
    select p_schema, l.identity, l.definition
    from live as l
    where p_before ->> l.identity is distinct from l.definition
        or l.identity = any(p_made)
        or (l.identity ^@ 'column ' and sessionbook.key_of(l.identity) in (
            select sessionbook.key_of(m.identity) from unnest(p_made) as m (identity) where m.identity ^@ 'view '
        ))
        or (v_first and (l.identity = 'schema' or l.identity ~ '^grant to (public|"?sessionbook_)'))
    on conflict (schema_name, identity) do update
    set definition = excluded.definition, server_major = excluded.server_major;
end
$function$;

comment on function sessionbook.record(text, jsonb, text[]) is
'Enters objects as they stand: those that are not as they were before, and those named.';

-- How a schema differs from what was applied to it, or from what is given. What hangs on a missing or an added table
-- is left out. not ours: somebody else's, and welcome. reworded: an expression that a dump and restore has put
-- differently. unsure: another major version has worded it, and may have worded it differently.
create function sessionbook.drift(p_schema text, p_expected jsonb default null)
returns table (kind text, identity text, expected text, live text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
with known as (
    select o.identity, o.definition, o.server_major
    from sessionbook.objects as o
    where o.schema_name = p_schema and p_expected is null
    union all
    select e.key, e.value, coalesce((p_expected ->> 'server_major')::integer, 0)
    from jsonb_each_text(p_expected -> 'items') as e
),
differing as (
    select
        coalesce(i.identity, o.identity) as identity,
        o.definition as expected,
        i.definition as live,
        case
            when i.identity is null then 'missing'
            when o.identity is null and i.identity ~ '^(grant to (public|"?sessionbook_)|owner of )' then 'added'
            when o.identity is null then 'not ours'
            when i.identity !~ '^(function|procedure) ' and (
                select count(distinct regexp_replace(
                    case when i.identity ^@ 'view ' then regexp_replace(w.words, '\mAS \w+', '', 'g') else w.words end,
                    '[()\s]', '', 'g'
                ))
                from (values (o.definition), (i.definition)) as w (words)
            ) = 1 then 'reworded'
            when o.server_major <> current_setting('server_version_num')::integer / 10000 and (
                i.identity ~ '^(view|constraint|index|trigger) '
                or o.definition ~ 'BEGIN ATOMIC'
                or (
                    i.identity ^@ 'column '
                    and regexp_replace(o.definition, ' (default|generated) .*', '')
                    = regexp_replace(i.definition, ' (default|generated) .*', '')
                )
            ) then 'unsure'
            else 'changed'
        end as kind
    from known as o
    full join sessionbook.items(p_schema) as i on i.identity = o.identity
    where i.definition is distinct from o.definition
),
placed as (
    select
        d.*,
        s.subject,
        case
            when s.subject ^@ 'column ' then regexp_replace(substr(s.subject, 8), '\.[^.]*$', '')
            when s.subject ~ '^(constraint|index|trigger) ' then regexp_replace(s.subject, '^.* on ', '')
        end as parent
    from differing as d
    cross join lateral (
        select regexp_replace(d.identity, '^(owner of |grant to .*? on )', '') as subject
    ) as s
)
select p.kind, p.identity, p.expected, p.live
from placed as p
where not exists (
    select
    from placed as o
    where o.kind in ('missing', 'not ours')
        and o.kind = p.kind
        and o.identity <> p.identity
        and o.identity in (p.subject, 'table ' || p.parent, 'view ' || p.parent, 'materialized view ' || p.parent)
)
order by case p.kind when 'missing' then 1 when 'changed' then 2 else 3 end, p.identity collate "C"
$function$;

comment on function sessionbook.drift(text, jsonb) is
'How a schema differs from what was applied to it, or from p_expected: {"server_major": 15, "items": {...}}.';

-- Has files applied again whose objects or grants are not what was applied. Tables are left alone.
create function sessionbook.repair(p_schema text)
returns setof text
language sql
set search_path = pg_catalog, pg_temp
as $function$
with altered (key) as (
    select k.key
    from sessionbook.drift(p_schema) as d
    cross join lateral (
        values
            (sessionbook.key_of(d.identity)),
            (case when d.identity ^@ 'grant to ' then 'grants/' || coalesce(
                btrim(substring(d.identity from ' on (?:table|function|procedure|type|sequence) ("[^"]*"|[^(]*)'), '"'),
                btrim(substring(d.identity from ' on column ("[^"]*"|[^.]*)'), '"'),
                'schema'
            ) end)
    ) as k (key)
    where d.kind in ('missing', 'changed')
)
update sessionbook.files as f
set sha256 = null
where f.schema_name = p_schema
    and sessionbook.file_key(f.path) in (select a.key from altered as a)
returning f.path
$function$;

comment on function sessionbook.repair(text) is
'Has files applied again whose objects were changed by hand; returns their paths.';
