-- Locks all or none. Waiting for one lock while holding others could deadlock. So if one is not free at once, all are
-- released, and the next try first waits for that one. p_locks: statements.
create function sessionbook.lock_each(p_locks text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
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
                -- It stays locked for long. The caller tries again, after a pause in which nobody queues.
                if v_place = 1 or v_try = 20 then
                    raise;
                end if;
        end;
        v_locks := v_locks[v_place] || v_locks[:v_place - 1] || v_locks[v_place + 1:];
        perform pg_sleep(0.02 + random() * 0.08);
    end loop;
end
$function$;
comment on function sessionbook.lock_each is
'Runs statements that lock, all or none; 55P03: a lock was not free in time.';

-- Locks what files are about to replace, until the transaction ends: all or none. Views first, in the order in which
-- readers lock. Tables with triggers are locked against writers, and if a trigger is dropped also against readers.
-- p_files: key, content and place; without content: what the file made is dropped.
create function sessionbook.lock_all(p_schema text, p_files jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_locks constant text[] := array(
        with trigger as materialized (
            select sessionbook.key_of(o.identity) as key, substring(o.identity from '^trigger "?(.*?)"? on ') as name
            from sessionbook.objects as o
            where o.schema_name = p_schema and o.identity ^@ 'trigger '
        )
        select format(
            case
                -- Does nothing but lock it: `lock table` would lock the tables below as well.
                when c.relkind = 'v' then 'alter view %s owner to %I'
                when bool_or(strpos(coalesce(f.content, ''), t.name) = 0)
                    then 'lock table only %s in access exclusive mode'
                else 'lock table only %s in share row exclusive mode'
            end,
            c.oid::regclass, pg_get_userbyid(c.relowner)
        )
        from jsonb_to_recordset(p_files) as f (key text, content text, place integer)
        inner join pg_class as c on c.relname = substring(f.key from '^(?:views|triggers)/([^.]*)')
        left join trigger as t on t.key = f.key
        where c.relnamespace = to_regnamespace(quote_ident(p_schema)) and c.relkind in ('r', 'p', 'v')
        group by c.oid, c.relkind, c.relowner
        order by c.relkind = 'v' desc, case c.relkind when 'v' then max(f.place) end desc nulls last,
            c.oid::regclass::text collate "C"
    );
begin
    perform sessionbook.lock_each(v_locks);
end
$function$;
comment on function sessionbook.lock_all is
'Locks what files replace, all or none; 55P03: a lock was not free in time.';

-- Drops objects of ours that are made again or that the package no longer has, with our objects that depend on them,
-- never by cascade: the catalog gives the order. A view depends on things through its rule, and other things depend on
-- its row type.
create function sessionbook.clear(p_schema text, p_identities text[], p_path text, p_files jsonb) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_doomed text[];
    v_detail text;
    v_name text;
begin
    with recursive reached (classid, oid, depth) as (
        select m.classid, m.oid, 0
        from sessionbook.made(p_schema) as m
        where m.is_ours and m.identity = any(p_identities)
        union
        select case when w.oid is null then d.classid else 'pg_class'::regclass::oid end, coalesce(w.ev_class, d.objid),
            r.depth + 1
        from reached as r
        inner join pg_depend as d on d.refclassid = r.classid and d.refobjid = r.oid and d.deptype in ('n', 'a', 'i')
        left join pg_rewrite as w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
        where r.depth < 100 and coalesce(w.ev_class, d.objid) <> r.oid
    )
    select array_agg(concat(i.type, ' ', i.identity) order by g.depth desc)
    into v_doomed
    from (select r.classid, r.oid, max(r.depth) as depth from reached as r group by r.classid, r.oid) as g
    inner join sessionbook.made(p_schema) as m on m.classid = g.classid and m.oid = g.oid and m.is_ours
    cross join lateral pg_identify_object(g.classid, g.oid, 0) as i;
    if cardinality(v_doomed) > cardinality(p_identities) then
        perform sessionbook.lock_all(p_schema, p_files);
    end if;
    foreach v_name in array coalesce(v_doomed, '{}') loop
        execute 'drop ' || v_name;
    end loop;
    return cardinality(v_doomed) > cardinality(p_identities);
exception
    when dependent_objects_still_exist then
        get stacked diagnostics v_detail = pg_exception_detail;
        perform sessionbook.refuse(
            'blocked', format('%s%s has to be dropped, but something else depends on it', p_path || ': ', v_name),
            'Drop what depends on it, run this again, then make it again.', v_detail
        );
        raise;
end
$function$;
comment on function sessionbook.clear is
'Drops objects of ours; true: others were dropped too. 2BP01: another object depends on one.';

-- Applies the files of an installation if one changed, and drops what the package made before and makes no more.
-- p_files: path, sha256, content of the unit's functions, views, triggers and grants, in order. If a view or
-- a trigger is as its file left it, it is not replaced, so it is not locked. p_covered, of the shared unit: the schemas
-- that are up to date; while one is not, what goes waits, and the files stay due. What of ours has the name of a file
-- and was not made by it now is an old signature; a file that leaves alone what PostgreSQL cannot replace comments on
-- it.
create function sessionbook.reapply(
    p_schema text, p_unit text, p_files jsonb, p_version text, p_covered text[] default '{}'
) returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_drop constant boolean := p_unit <> 'lifecycle' or not exists (
        select from sessionbook.installations as i where i.version is not null and i.schema_name <> all(p_covered)
    );
    v_owner constant text := sessionbook.owner_of(p_schema);
    v_files jsonb;
    v_before jsonb;
    v_stood jsonb;
    v_after jsonb;
    v_grant text;
    v_same text[];
    v_file record;
    v_left text[];
    v_waiting text[];
    v_cleared boolean := false;
    v_again boolean := true;
    v_locked boolean := false;
begin
    perform sessionbook.hold(p_schema, p_unit, p_version);
    -- Checks that need no lock come first. Last come the files that the package no longer has, without content.
    v_files := (
        select jsonb_agg(jsonb_build_object(
            'path', w.path, 'key', sessionbook.file_key(w.path), 'content', f.content, 'place', f.place,
            'same', f.sha256 = b.sha256
        ) order by f.place)
        from rows from (jsonb_to_recordset(p_files) as (path text, sha256 text, content text)) with ordinality
            as f (path, sha256, content, place)
        full join (select * from sessionbook.files as k where k.schema_name = p_schema) as b on b.path = f.path
        cross join lateral (select coalesce(f.path, b.path)) as w (path)
    );
    if not exists (select from jsonb_to_recordset(v_files) as f (same boolean) where f.same is not true) then
        return jsonb_build_object('applied', false, 'dropped', '[]'::jsonb, 'waiting', '[]'::jsonb);
    end if;
    v_before := sessionbook.look(p_schema);
    v_stood := (
        select coalesce(jsonb_object_agg(o.key, o.things), '{}')
        from (select m.key, jsonb_agg(m) from sessionbook.made(p_schema) as m group by m.key) as o (key, things)
    );
    v_same := array(
        select f.key
        from jsonb_to_recordset(v_files) as f (key text, same boolean)
        inner join sessionbook.objects as o on o.schema_name = p_schema and sessionbook.key_of(o.identity) = f.key
        left join jsonb_each_text(v_before) as b (identity, definition) on b.identity = o.identity
        where f.same and f.key ~ '^(views|triggers)/'
        group by f.key
        having bool_and(b.definition is not distinct from o.definition)
    );
    while v_again loop
        v_again := false;
        v_waiting := '{}';
        for v_file in
            select f.*
            from jsonb_to_recordset(v_files) as f (path text, key text, content text, place integer)
            where f.key <> all(v_same)
            order by f.place
        loop
            -- Functions, which most files are, block nobody.
            if not v_locked and v_file.key ~ '^(views|triggers)/' then
                perform sessionbook.lock_all(p_schema, (
                    select jsonb_agg(f) from jsonb_array_elements(v_files) as f where f ->> 'key' <> all(v_same)
                ));
                v_locked := true;
            end if;
            begin
                perform sessionbook.run(p_schema, v_file.path, coalesce(v_file.content, ''), v_owner);
            exception
                -- The columns of a view, or the result or kind of a routine, changed in a way that replacing cannot do.
                when invalid_table_definition or invalid_function_definition or wrong_object_type then
                    v_left := array(
                        select m.identity from sessionbook.made(p_schema) as m where m.is_ours and m.key = v_file.key
                    );
                    if v_left = '{}' then
                        raise;
                    end if;
                    v_cleared := true;
                    v_again := sessionbook.clear(p_schema, v_left, v_file.path, v_files) or v_again;
                    perform sessionbook.run(p_schema, v_file.path, v_file.content, v_owner);
            end;
            -- An old signature, before anything can call it, or an object whose file is gone.
            v_left := array(
                select s.identity
                from sessionbook.since(v_stood -> v_file.key) as s
                where s.is_ours and not s.is_new
                    and strpos(coalesce(v_file.content, ''), 'comment on ' || s.identity) = 0
            );
            if not v_drop then
                v_waiting := v_waiting || v_left;
            elsif v_left <> '{}' then
                v_cleared := true;
                v_again := sessionbook.clear(p_schema, v_left, v_file.path, v_files) or v_again;
            end if;
        end loop;
        if v_again then
            v_same := '{}';
            v_locked := false;
        end if;
    end loop;
    if v_cleared then
        v_after := sessionbook.look(p_schema);
    end if;
    -- Grants to others on objects that had to be dropped.
    for v_grant in
        select format(
            'grant %s%s on %s to %s%s',
            split_part(p.privilege, ' with ', 1),
            case m.part[2] when 'column' then regexp_replace(m.part[3], '^.*\.', ' (') || ')' end,
            case m.part[2]
                when 'column' then regexp_replace(m.part[3], '\.[^.]*$', '')
                when 'view' then m.part[3]
                else concat(m.part[2], ' ', m.part[3])
            end,
            m.part[1],
            substring(p.privilege from ' with .*')
        )
        from jsonb_each_text(v_before) as b (identity, definition)
        cross join lateral regexp_match(
            b.identity, '^grant to (.*?) on (function|procedure|view|column) (.*)$'
        ) as m (part)
        cross join lateral regexp_split_to_table(b.definition, ', ') as p (privilege)
        where b.definition is distinct from v_after ->> b.identity and v_cleared
            and m.part[1] not in (select sessionbook.grantees())
    loop
        begin
            perform sessionbook.run(p_schema, 'grants', v_grant, v_owner);
        exception
            when undefined_column or undefined_table or undefined_function then null;
        end;
    end loop;
    perform sessionbook.enter_files(p_schema, p_unit, v_before, array(
        select s.identity
        from jsonb_to_recordset(v_files) as f (key text, content text)
        cross join lateral sessionbook.since(v_stood -> f.key) as s
        -- Objects that are not ours may have been replaced.
        where f.content is not null and (s.is_ours or s.is_new)
    ), p_files, v_waiting <> '{}');
    return jsonb_build_object('applied', true, 'waiting', v_waiting, 'dropped', (
        select coalesce(jsonb_agg(s.identity order by s.identity), '[]')
        from jsonb_each(v_stood) as k
        cross join lateral jsonb_to_recordset(k.value) as s (identity text, is_ours boolean)
        where v_cleared and s.is_ours and regexp_replace(s.identity, '^\w+', '') not in (
            select regexp_replace(i.identity, '^\w+', '') from jsonb_object_keys(v_after) as i (identity)
        )
    ));
end
$function$;
comment on function sessionbook.reapply is 'Applies files if one changed; returns what was dropped or waits.';

-- Registers what files made, and the files as applied; with p_due they stay due. p_made: what they made that existed
-- before.
create function sessionbook.enter_files(
    p_schema text, p_unit text, p_before jsonb, p_made text[], p_files jsonb, p_due boolean
) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    -- Lets the clock move what has something to move, unless it is closed because it moves to another server; a clock
    -- that an operator paused stays paused.
    if p_unit <> 'lifecycle'
        and not exists (
            select from sessionbook.moves as m
            where m.schema_name = p_schema and m.step in ('closed', 'copied')
        )
        and to_regprocedure('lifecycle.register_clock(text, text)') is not null
        and to_regprocedure(quote_ident(p_schema) || '.apply_step(text, text[], timestamptz)') is not null
    then
        execute 'select lifecycle.register_clock($1, $2)' using p_schema, p_unit;
    end if;
    if exists (select from sessionbook.settings as s where s.key = 'citus' and s.value = 'true') then
        perform sessionbook.place(p_schema);
    end if;
    perform sessionbook.record(p_schema, p_before, p_made);
    delete from sessionbook.files as b
    where b.schema_name = p_schema and not p_due
        and b.path not in (select f.path from jsonb_to_recordset(p_files) as f (path text));
    insert into sessionbook.files (schema_name, path, sha256)
    select p_schema, f.path, case when not p_due then f.sha256 end
    from jsonb_to_recordset(p_files) as f (path text, sha256 text)
    on conflict (schema_name, path) do update set sha256 = excluded.sha256
    where files.sha256 is distinct from excluded.sha256;
end
$function$;
comment on function sessionbook.enter_files is 'Enters what files made, and the files.';
