-- The state of an installation before something changes, for record() later in the transaction.
create function sessionbook.look(p_schema text) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $function$
select coalesce(jsonb_object_agg(i.identity, i.definition), '{}') from sessionbook.items(p_schema) as i
$function$;
comment on function sessionbook.look is 'Items of a schema by identity.';

-- Saves the present definition of what has changed since, and of what its files have made. What was changed by hand
-- before keeps its old entry, so that drift() still shows it; also an owner, and a grant that no file gives.
create function sessionbook.record(p_schema text, p_before jsonb, p_made text[] default '{}') returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    with live as materialized (
        select i.identity, i.definition from sessionbook.items(p_schema) as i
    ),
    -- As rows, because tables may be locked: looking up a key in such a large document is slower than a join.
    before as materialized (
        select b.identity, b.definition from jsonb_each_text(p_before) as b (identity, definition)
    ),
    gone as (
        delete from sessionbook.objects as o
        where o.schema_name = p_schema
            and o.identity in (select b.identity from before as b)
            and o.identity not in (select l.identity from live as l)
    )
    insert into sessionbook.objects as o (schema_name, identity, definition)
    select p_schema, l.identity, l.definition
    from live as l
    left join before as b on l.identity = b.identity
    where b.definition is distinct from l.definition
        or l.identity in (select unnest(p_made))
        or (l.identity ^@ 'column ' and regexp_replace(l.identity, '^column (.*)\.[^.]*$', 'view \1') in (
            select unnest(p_made)
        ))
        -- Of a schema that existed before, nothing is known at first: a file with grants that exist already changes
        -- nothing.
        or (
            p_made <> '{}' and coalesce(substring(l.identity from '^grant to (.*?) on '), l.identity) in (
                select sessionbook.grantees() union select 'schema'
            ) and not exists (
                select from sessionbook.objects as g where g.schema_name = p_schema and g.identity ^@ 'grant to '
            )
        )
    on conflict (schema_name, identity) do update
    set definition = excluded.definition, server_major = excluded.server_major
    where (o.definition, o.server_major) is distinct from (excluded.definition, excluded.server_major);
end
$function$;
comment on function sessionbook.record is
'Saves the present definition of objects: those that changed, and those named.';

-- A definition without the parts that PostgreSQL may print differently after a dump and restore: brackets, casts
-- between text types, names of columns in a view. A quoted body always stays the same.
create function sessionbook.wording(p_definition text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
select case
    when p_definition ~ '\nAS \$' then p_definition
    else regexp_replace(p_definition, '\mAS \w+|::(text|character varying)(\[\])?(?!\()|[()\s]', '', 'g')
end
$function$;
comment on function sessionbook.wording is 'A definition without what a dump and restore may word otherwise.';

-- p_expected: {"server_major": 15, "items": {}}. Parts of a missing or an added table are left out. not ours: an object
-- of somebody else, which is allowed. reworded: an expression that is printed differently after a dump and restore.
-- unsure: it was recorded by another major version, which may print it differently.
create function sessionbook.drift(p_schema text, p_expected jsonb default null)
returns table (kind text, identity text, expected text, live text)
language sql stable set search_path = pg_catalog, pg_temp as $function$
with known as (
    select o.identity, o.definition, o.server_major
    from sessionbook.objects as o
    where o.schema_name = p_schema and p_expected is null
    union all
    select e.key, e.value, (p_expected ->> 'server_major')::integer
    from jsonb_each_text(p_expected -> 'items') as e
),
differing as (
    select
        coalesce(i.identity, o.identity) as identity,
        o.definition as expected,
        i.definition as live,
        case
            when i.identity is null then 'missing'
            when o.identity is null and (
                i.identity ^@ 'owner of '
                or substring(i.identity from '^grant to (.*?) on ') in (select sessionbook.grantees())
            ) then 'added'
            when o.identity is null then 'not ours'
            when sessionbook.wording(o.definition) = sessionbook.wording(i.definition) then 'reworded'
            -- What follows the definition, such as `disabled` or a comment, is the same in every version.
            when o.server_major <> current_setting('server_version_num')::integer / 10000
            and substring(o.definition from s.state) is not distinct from substring(i.definition from s.state) and (
                i.identity ~ '^(view|constraint|index|trigger|policy) '
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
    full join (
        -- The package has no row security; if a table has it, it is for policies of the operator.
        select t.identity, case
            when p_expected is null then t.definition
            else regexp_replace(t.definition, '(^|\n)row level security(\n|$)', '\1')
        end
        from sessionbook.items(p_schema) as t
    ) as i (identity, definition) on i.identity = o.identity
    cross join (values ('\n(with |unlogged|row level|.*disabled|on rep|always|invalid|comment: ).*$')) as s (state)
    where i.definition is distinct from o.definition
),
placed as (
    select d.kind, d.identity, d.expected, d.live, s.subject,
        case
            when s.subject ^@ 'column ' then regexp_replace(substr(s.subject, 8), '\.[^.]*$', '')
            else substring(s.subject from '^(?:constraint|index|trigger|policy) .* on (.*)$')
        end as parent
    from differing as d
    cross join lateral (select regexp_replace(d.identity, '^(owner of |grant to .*? on )', '')) as s (subject)
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
comment on function sessionbook.drift is 'How a schema differs from what was applied, or from what is given.';

-- Objects and grants of files, not tables.
create function sessionbook.repair(p_schema text) returns setof text
language sql set search_path = pg_catalog, pg_temp as $function$
update sessionbook.files as f
set sha256 = null
from sessionbook.drift(p_schema) as d
where f.schema_name = p_schema and d.kind in ('missing', 'changed')
    and (
        sessionbook.file_key(f.path)
        = sessionbook.key_of(regexp_replace(d.identity, '^(owner of |grant to .*? on )', ''))
        or (f.path ^@ 'grants/' and d.identity ^@ 'grant to ')
    )
returning f.path
$function$;
comment on function sessionbook.repair is
'Marks files whose objects were changed by hand, to be applied again; returns them.';
