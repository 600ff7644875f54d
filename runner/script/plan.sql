create or replace function pg_temp.sessionbook_titled(p_copy pg_temp.sessionbook_copies) returns text
language sql as $sql$
    select case when p_copy.schema_name = p_copy.unit then p_copy.unit
        else concat(p_copy.unit, ' in ', p_copy.schema_name) end
$sql$;

create or replace function pg_temp.sessionbook_pending(p_copy pg_temp.sessionbook_copies)
returns setof pg_temp.sessionbook_files language sql as $sql$
    select f.*
    from pg_temp.sessionbook_files as f
    where f.unit = p_copy.unit and f.kind = 'migrations'
        and f.id not in (select a.id from pg_temp.sessionbook_applied(p_copy.books) as a)
$sql$;

create or replace function pg_temp.sessionbook_is_pending(p_schema text, p_id text) returns boolean
language sql as $sql$
    select exists (
        select from pg_temp.sessionbook_pending(pg_temp.sessionbook_copy(p_schema)) as f where f.id = p_id
    )
$sql$;

-- Sentences that say how the files differ from what was applied.
create or replace function pg_temp.sessionbook_drift(p_copy pg_temp.sessionbook_copies) returns table (sentence text)
language sql as $sql$
    with applied as (
        select a.id, a.unit, a.sha256 from pg_temp.sessionbook_applied(p_copy.books) as a
    ),
    known as (
        select f.id, f.path, f.sha256
        from pg_temp.sessionbook_files as f
        where f.unit = p_copy.unit and f.kind = 'migrations'
    ),
    sentence (rank, id, said) as (
        select 1, k.id,
            format('%s was edited after it was applied to %s', k.path, pg_temp.sessionbook_titled(p_copy))
        from known as k
        inner join applied as a on a.id = k.id
        where a.sha256 <> k.sha256
        union all
        select 2, a.id,
            format('%s has %s applied, but its file is gone', pg_temp.sessionbook_titled(p_copy), a.id)
        from applied as a
        where a.unit = p_copy.unit and a.id not in (select k.id from known as k)
        union all
        select 3, k.id,
            format('%s comes late: a higher number is applied to %s', k.path, pg_temp.sessionbook_titled(p_copy))
        from known as k
        where k.id not in (select a.id from applied as a)
            and exists (
                select from applied as a
                inner join known as n on n.id = a.id
                where n.id > k.id collate "C"
            )
    )
    select s.said from sentence as s order by s.rank, s.id collate "C"
$sql$;

-- Refuses what an apply refuses, and finds which copies have anything to do.
create or replace procedure pg_temp.sessionbook_plan() language plpgsql as $plpgsql$
declare
    v_copy pg_temp.sessionbook_copies;
    v_dead record;
    v_drift text[];
    v_found text[];
begin
    select pg_temp.sessionbook_titled(c) as title, c.books, s.id
    into v_dead
    from pg_temp.sessionbook_copies as c
    cross join lateral pg_temp.sessionbook_started(c.books) as s
    inner join pg_temp.sessionbook_files as f on f.unit = c.unit and f.id = s.id
    order by c.place, f.place
    limit 1;
    if found then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = format(
                '%s began outside a transaction in %s and did not finish', v_dead.id, v_dead.title
            ),
            hint = format(
                'See how far it came, then: sessionbook resolve %s --applied, or --retry. Without Python: drop what it '
                'left, such as an invalid index, then delete its row from %I.started_migrations.',
                v_dead.id, v_dead.books
            );
    end if;
    v_drift := array(
        select d.sentence
        from pg_temp.sessionbook_copies as c
        cross join lateral pg_temp.sessionbook_drift(c) with ordinality as d (sentence, place)
        order by c.place, d.place
    );
    if v_drift <> '{}' then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = v_drift[1],
            detail = array_to_string(v_drift[2:], E'\n'),
            hint = 'Export from the version that was applied; a change belongs in a new migration. '
                'If the database is what the file now makes: sessionbook repair';
    end if;
    for v_copy in select c.* from pg_temp.sessionbook_copies as c order by c.place loop
        if not exists (
            select from pg_temp.sessionbook_applied(v_copy.books) as a
            inner join pg_temp.sessionbook_files as f on f.unit = v_copy.unit and f.id = a.id
        ) then
            select array_agg(r.unit) into v_found
            from pg_temp.sessionbook_registry() as r
            where r.schema_name = v_copy.schema_name and r.unit <> v_copy.unit;
            if v_found is not null then
                raise exception using
                    errcode = 'duplicate_schema',
                    message = format('schema %s already holds a copy of %s', v_copy.schema_name, v_found[1]);
            end if;
            select array_agg(c.relname order by c.relname) into v_found
            from pg_class as c
            inner join pg_namespace as n on c.relnamespace = n.oid
            where n.nspname = v_copy.schema_name and c.relkind in ('r', 'p', 'v', 'm', 'f')
                and not (
                    c.relname = any(@tables@ || '{yoyo_lock}'::text[])
                    and pg_temp.sessionbook_exists(v_copy.schema_name, 'migration_hashes')
                )
                and not exists (
                    select from pg_depend as d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
                );
            if v_found is not null then
                raise exception using
                    errcode = 'duplicate_schema',
                    message = format(
                        'schema %s already holds tables that are not Sessionbook''s: %s',
                        v_copy.schema_name, array_to_string(v_found[:5], ', ')
                    ),
                    hint = format('Export for another schema with --schema %s=NAME.', v_copy.unit);
            end if;
        end if;
        update pg_temp.sessionbook_copies as c
        set
            recorded = exists (select from pg_temp.sessionbook_recorded(v_copy)),
            due = exists (select from pg_temp.sessionbook_pending(v_copy))
                or exists (
                    select from pg_temp.sessionbook_files as f
                    where f.unit = v_copy.unit and f.kind not in ('migrations', 'skipped')
                        and not exists (
                            select from pg_temp.sessionbook_recorded(v_copy) as r
                            where r.path = f.path and r.sha256 = f.sha256
                        )
                )
                or exists (
                    select from pg_temp.sessionbook_recorded(v_copy) as r
                    where r.path not in (select f.path from pg_temp.sessionbook_files as f)
                )
        where c.place = v_copy.place;
    end loop;
end
$plpgsql$;

-- Whether from this migration on all is one transaction with the repeatables: it is the first pending one that takes
-- views of ours out of its way.
create or replace function pg_temp.sessionbook_opens(p_schema text, p_id text) returns boolean language sql as $sql$
    select coalesce(
        (select c.recorded from pg_temp.sessionbook_copies as c where c.schema_name = p_schema)
        and bool_and(f.transactional) filter (where f.id >= p_id collate "C")
        and min(f.id collate "C") filter (where f.rebuild <> '{}') = p_id,
        false
    )
    from pg_temp.sessionbook_pending(pg_temp.sessionbook_copy(p_schema)) as f
$sql$;
