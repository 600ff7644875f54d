-- Locks views and tables until the transaction ends: all of them or none. Who has one of them and waits for another
-- that we have would wait for us, and we for them. So if one is not to be had at once all are given back, and the
-- next try begins with waiting for that one. p_locks: statements, in the order in which readers lock.
create function sessionbook.lock_all(p_locks text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_patience constant text := current_setting('lock_timeout');
    v_locks text[] := p_locks;
    v_place integer;
begin
    for v_try in 1 .. 20 loop
        begin
            for v_next in 1 .. cardinality(v_locks) loop
                v_place := v_next;
                perform set_config('lock_timeout', case v_place when 1 then v_patience else '50ms' end, true);
                execute v_locks[v_place];
            end loop;
            perform set_config('lock_timeout', v_patience, true);
            return;
        exception
            when lock_not_available then
                -- Somebody keeps it for long. Who called this tries again, after a pause in which nobody queues.
                if v_place = 1 or v_try = 20 then
                    raise;
                end if;
        end;
        v_locks := v_locks[v_place] || v_locks[:v_place - 1] || v_locks[v_place + 1:];
        perform pg_sleep(0.02 + random() * 0.08);
    end loop;
end
$function$;

comment on function sessionbook.lock_all(text[]) is 'Runs statements that lock, all or none; 55P03: one is never free.';

-- What has to be locked before views are replaced and triggers made: views on views first. Tables with triggers are
-- kept from writers, and if a trigger of theirs goes from readers too. p_files null: everything of ours goes.
create function sessionbook.locks(p_schema text, p_files jsonb)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
with file as (
    select sessionbook.file_key(f.path) as key, f.content, f.place
    from rows from (jsonb_to_recordset(p_files) as (path text, content text)) with ordinality
        as f (path, content, place)
),
ours as (
    select m.key, m.identity, m.full_name, m.oid from sessionbook.made(p_schema) as m where m.is_ours
),
trigger_table (name, is_going) as (
    select split_part(substr(f.key, 10), '.', 1), false from file as f where f.key ^@ 'triggers/'
    union all
    select
        split_part(substr(o.key, 10), '.', 1),
        not exists (
            select from file as f
            where f.key = o.key
                and strpos(f.content, btrim(substring(o.identity from '^trigger (.*) on '), '"')) > 0
        )
    from ours as o
    where o.key ^@ 'triggers/'
),
needed (kind, place, statement) as (
    select
        1,
        -coalesce(f.place, 0),
        -- Does nothing but lock it: `lock table` would lock the tables below as well.
        format('alter %s owner to %I', o.full_name, pg_get_userbyid(c.relowner))
    from ours as o
    inner join pg_class as c on c.oid = o.oid
    left join file as f on f.key = o.key
    where o.key ^@ 'views/'
    union all
    select
        2,
        row_number() over (order by t.name),
        format(
            'lock table only %I.%I in %s mode',
            p_schema, t.name, case when bool_or(t.is_going) then 'access exclusive' else 'share row exclusive' end
        )
    from trigger_table as t
    inner join pg_class as c on c.relname = t.name and c.relkind in ('r', 'p')
    inner join pg_namespace as n on c.relnamespace = n.oid and n.nspname = p_schema
    group by t.name
)
select coalesce(array_agg(n.statement order by n.kind, n.place), '{}') from needed as n
$function$;

comment on function sessionbook.locks(text, jsonb) is 'Statements that lock what files are about to replace.';

-- Drops objects of ours that are to be made again or are gone, with what of ours hangs on them, never by cascade.
-- Returns the grants on them to others, and whether anything hung on them.
create function sessionbook.clear(
    p_schema text, p_known text[], p_oids oid[], p_path text, out grants text[], out others boolean
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_doomed oid[];
    v_foreign text;
    v_name text;
    v_dropped boolean;
begin
    select
        array_agg(d.oid),
        string_agg(pg_describe_object(d.classid, d.oid, 0), ', ') filter (where m.key is null)
    into v_doomed, v_foreign
    from sessionbook.dependents(p_oids) as d
    left join sessionbook.made(p_schema) as m on m.oid = d.oid and m.key = any(p_known);
    if v_foreign is not null then
        raise exception using
            errcode = 'dependent_objects_still_exist',
            constraint = 'sessionbook_blocked',
            message = format(
                '%s%s has to be dropped, but something else depends on it', p_path || ': ',
                (select string_agg(m.identity, ', ') from sessionbook.made(p_schema) as m where m.oid = any(p_oids[:5]))
            ),
            detail = format('Depending on it: %s.', v_foreign),
            hint = 'Drop what depends on it, apply, and make it again.';
    end if;
    others := v_doomed is not null;
    v_doomed := p_oids || v_doomed;
    grants := array(select g from sessionbook.foreign_grants(p_schema, v_doomed) as g);
    loop
        v_dropped := false;
        for v_name in select m.full_name from sessionbook.made(p_schema) as m where m.oid = any(v_doomed) loop
            begin
                execute 'drop ' || v_name;
                v_dropped := true;
            exception
                when dependent_objects_still_exist then null;
            end;
        end loop;
        exit when not v_dropped;
    end loop;
end
$function$;

comment on function sessionbook.clear(text, text[], oid[], text) is
'Drops objects with what of ours hangs on them; 2BP01: something that is not ours hangs on one.';

-- Applies every file of an installation, and drops what the package made before and makes no more; with p_drop false
-- that waits, and its files stay due. p_files: path, sha256, content of the unit's functions, views, triggers and
-- grants, in order. p_tolerant: a file that fails is named by SQLSTATE SB001.
create function sessionbook.reapply(
    p_schema text, p_unit text, p_files jsonb, p_version text, p_drop boolean default true,
    p_tolerant boolean default false
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_known constant text[] := array(
        select sessionbook.file_key(f.path) from jsonb_to_recordset(p_files) as f (path text)
        union
        select sessionbook.file_key(b.path) from sessionbook.files as b where b.schema_name = p_schema
    );
    v_stood constant text[] := array(
        select concat(m.classid, ':', m.oid, ':', m.version) from sessionbook.made(p_schema) as m
    );
    v_before jsonb;
    v_grants text[] := '{}'::text[];
    v_gone text[] := '{}'::text[];
    v_waiting text[] := '{}'::text[];
    v_waiting_keys text[] := '{}'::text[];
    v_again boolean := true;
    v_stopped boolean;
    v_locked boolean := false;
    v_settled text[];
    v_file record;
    v_left record;
    v_cleared record;
    v_oids oid[];
    v_grant text;
begin
    perform sessionbook.hold();
    -- A client that goes on after an error must not get here.
    if not exists (
        select from sessionbook.installations as i where i.schema_name = p_schema and i.version = p_version
    ) then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            constraint = 'sessionbook_drift',
            message = format('schema %s is not at migration %s, which these files are for', p_schema, p_version);
    end if;
    if (
        select coalesce(
            bool_and(b.sha256 is not distinct from f.sha256) and count(b.path) = count(f.path), true
        )
        from jsonb_to_recordset(p_files) as f (path text, sha256 text)
        full join (select * from sessionbook.files as k where k.schema_name = p_schema) as b on b.path = f.path
    ) then
        return jsonb_build_object('applied', false, 'dropped', '[]'::jsonb, 'waiting', '[]'::jsonb);
    end if;
    v_before := sessionbook.look(p_schema);
    while v_again loop
        v_again := false;
        v_stopped := false;
        v_settled := '{}'::text[];
        for v_file in
            select f.path, f.content, sessionbook.file_key(f.path) as key
            from rows from (jsonb_to_recordset(p_files) as (path text, content text)) with ordinality
                as f (path, content, place)
            order by f.place
        loop
            -- Functions, which most files are, keep nobody waiting.
            if not v_locked and v_file.key ~ '^(views|triggers)/' then
                perform sessionbook.lock_all(sessionbook.locks(p_schema, p_files));
                v_locked := true;
            end if;
            begin
                perform sessionbook.run(p_schema, v_file.path, v_file.content);
            exception
                -- The columns of a view, or the result or kind of a routine, changed in a way that replacing cannot do.
                when invalid_table_definition or invalid_function_definition or wrong_object_type then
                    v_oids := array(
                        select m.oid from sessionbook.made(p_schema) as m where m.is_ours and m.key = v_file.key
                    );
                    if v_oids = '{}' then
                        raise;
                    end if;
                    v_cleared := sessionbook.clear(p_schema, v_known, v_oids, v_file.path);
                    v_grants := v_grants || v_cleared.grants;
                    v_again := v_again or v_cleared.others;
                    perform sessionbook.run(p_schema, v_file.path, v_file.content);
                -- A call fits an old signature too.
                when ambiguous_function then
                    select array_agg(l.oid), array_agg(l.identity)
                    into v_oids, v_settled
                    from sessionbook.leftovers(p_schema, p_files, v_known, v_stood) as l
                    where l.key = any(v_settled) and p_drop;
                    if v_oids is null then
                        raise;
                    end if;
                    v_gone := v_gone || v_settled;
                    perform sessionbook.clear(p_schema, v_known, v_oids, v_file.path);
                    v_stopped := true;
                when lock_not_available or deadlock_detected or query_canceled then
                    raise;
                when others then
                    if not p_tolerant then
                        raise;
                    end if;
                    raise exception using errcode = 'SB001', message = v_file.path;
            end;
            exit when v_stopped;
            v_settled := v_settled || v_file.key;
        end loop;
        v_again := v_again or v_stopped;
        -- Old signatures, and what is of files that are gone.
        for v_left in
            select array_agg(l.oid) as oids, array_agg(l.identity) as identities, array_agg(l.key) as keys
            from sessionbook.leftovers(p_schema, p_files, v_known, v_stood) as l
            where not v_again
            having count(*) > 0
        loop
            if p_drop then
                v_cleared := sessionbook.clear(p_schema, v_known, v_left.oids, null);
                v_again := v_cleared.others;
                v_gone := v_gone || v_left.identities;
            else
                v_waiting := v_left.identities;
                v_waiting_keys := v_left.keys;
            end if;
        end loop;
    end loop;
    foreach v_grant in array v_grants loop
        begin
            execute v_grant;
        exception
            when undefined_column or undefined_table or undefined_function then null;
        end;
    end loop;
    perform sessionbook.register_clock(p_schema, p_unit);
    perform sessionbook.record(p_schema, v_before, array(
        select m.identity
        from sessionbook.made(p_schema) as m
        where m.key = any(v_known) and m.identity <> all(v_waiting)
            and (m.is_ours or concat(m.classid, ':', m.oid, ':', m.version) <> all(v_stood))
    ));
    delete from sessionbook.files as b
    where b.schema_name = p_schema
        and sessionbook.file_key(b.path) <> all(v_waiting_keys);
    insert into sessionbook.files (schema_name, path, sha256)
    select p_schema, f.path,
        case when sessionbook.file_key(f.path) <> all(v_waiting_keys) then f.sha256 end
    from jsonb_to_recordset(p_files) as f (path text, sha256 text)
    on conflict (schema_name, path) do update set sha256 = excluded.sha256, applied_at = excluded.applied_at;
    update sessionbook.files as b
    set sha256 = null
    where b.schema_name = p_schema and b.path not in (select f.path from jsonb_to_recordset(p_files) as f (path text));
    return jsonb_build_object(
        'applied', true,
        'dropped', (
            select coalesce(jsonb_agg(g.identity order by g.identity collate "C"), '[]')
            from unnest(v_gone) as g (identity)
            where g.identity not in (select m.identity from sessionbook.made(p_schema) as m)
        ),
        'waiting', (
            select coalesce(jsonb_agg(w.identity order by w.identity collate "C"), '[]')
            from unnest(v_waiting) as w (identity)
        )
    );
end
$function$;

comment on function sessionbook.reapply(text, text, jsonb, text, boolean, boolean) is
'Applies all files of an installation, or passes over them if none changed; says what was dropped or waits.';

-- What of ours no file makes any more: of files that are gone, and old signatures: of the same name, and not made
-- now. What PostgreSQL cannot replace its file leaves alone if it stands; such a file comments on it.
create function sessionbook.leftovers(p_schema text, p_files jsonb, p_known text[], p_stood text[])
returns table (key text, identity text, oid oid)
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
select m.key, m.identity, m.oid
from sessionbook.made(p_schema) as m
left join (
    select sessionbook.file_key(f.path) as key, f.content
    from jsonb_to_recordset(p_files) as f (path text, content text)
) as f on f.key = m.key
where m.is_ours
    and m.key = any(p_known)
    and (
        f.key is null
        or (
            concat(m.classid, ':', m.oid, ':', m.version) = any(p_stood)
            and strpos(f.content, 'comment on ' || m.identity) = 0
        )
    )
$function$;

comment on function sessionbook.leftovers(text, jsonb, text[], text[]) is 'What of ours no file makes any more.';

-- Takes away what the shared unit has no more, once all installations that may have used it are up to date.
create function sessionbook.drop_leftovers(
    p_schema text, p_unit text, p_files jsonb, p_version text, p_covered text[]
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    if exists (
        select from sessionbook.installations as i where i.version is not null and i.schema_name <> all(p_covered)
    ) then
        return jsonb_build_object('applied', false, 'dropped', '[]'::jsonb, 'waiting', '[]'::jsonb);
    end if;
    return sessionbook.reapply(p_schema, p_unit, p_files, p_version);
end
$function$;

comment on function sessionbook.drop_leftovers(text, text, jsonb, text, text[]) is
'Applies the shared unit once more if something of it waits to be dropped and p_covered names every installation.';

-- Lets the clock move an installation that has something to move; a clock that an operator paused stays paused.
create function sessionbook.register_clock(p_schema text, p_unit text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    if p_unit <> 'lifecycle'
        and to_regprocedure('lifecycle.register_clock(text, text)') is not null
        and to_regprocedure(quote_ident(p_schema) || '.apply_step(text, text[], timestamptz)') is not null
    then
        execute 'select lifecycle.register_clock($1, $2)' using p_schema, p_unit;
    end if;
end
$function$;

comment on function sessionbook.register_clock(text, text) is 'Lets the clock move an installation.';
