create function sessionbook.clear_files(p_schema text) returns void
language sql set search_path = pg_catalog, pg_temp as $function$
select sessionbook.clear(p_schema, array(
    select m.identity
    from sessionbook.made(p_schema) as m
    inner join sessionbook.files as f on f.schema_name = p_schema and sessionbook.file_key(f.path) = m.key
    where m.is_ours
), null, '[]')
$function$;
comment on function sessionbook.clear_files is 'Drops what files made; 2BP01: another object depends on it.';

-- Rolls migrations back, newest first, after dropping all functions, views and triggers; those that do not need a
-- dropped object are applied again. p_rollbacks: id, path, content. p_files as for reapply(). Returns losses (tables
-- and columns that went), rewritten (tables that stay and whose rows changed), kept and left_out (paths).
create function sessionbook.take_back(p_schema text, p_unit text, p_rollbacks jsonb, p_files jsonb) returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_before jsonb;
    v_changed text[];
    v_lost text[];
    v_rewritten jsonb[];
begin
    perform sessionbook.hold();
    -- From what is about to be dropped; a clock that an operator paused stays paused, unless everything is dropped.
    perform sessionbook.stop_clock(p_schema, not exists (
        select from sessionbook.migrations as m
        where m.schema_name = p_schema
            and m.id not in (select r.id from jsonb_to_recordset(p_rollbacks) as r (id text))
    ));
    v_before := sessionbook.look(p_schema);
    perform sessionbook.lock_all(p_schema, (
        select jsonb_agg(jsonb_build_object('key', sessionbook.file_key(f.path)))
        from sessionbook.files as f
        where f.schema_name = p_schema
    ));
    perform sessionbook.clear_files(p_schema);
    delete from sessionbook.files as f where f.schema_name = p_schema;
    perform sessionbook.record(p_schema, v_before);
    v_before := sessionbook.look(p_schema);
    perform sessionbook.run(p_schema, r.path, r.content)
    from jsonb_to_recordset(p_rollbacks) as r (path text, content text);
    select
        coalesce(array_agg(d.identity), '{}'),
        coalesce(array_agg(d.identity) filter (where d.kind = 'missing' and d.identity ~ '^(table|column) '), '{}')
    into v_changed, v_lost
    from sessionbook.drift(p_schema, jsonb_build_object('items', v_before)) as d
    where d.kind in ('missing', 'changed');
    v_rewritten := array(
        select jsonb_build_object(
            'table', t.relname, 'inserted', t.n_tup_ins, 'updated', t.n_tup_upd, 'deleted', t.n_tup_del
        )
        from pg_stat_xact_user_tables as t
        where t.schemaname = p_schema and t.n_tup_ins + t.n_tup_upd + t.n_tup_del > 0
        order by t.relname
    );
    perform sessionbook.record(p_schema, v_before);
    perform sessionbook.mark(p_schema, p_unit, r.id, null, 'rollback')
    from jsonb_to_recordset(p_rollbacks) as r (id text);
    return jsonb_build_object('losses', v_lost, 'rewritten', v_rewritten)
        || sessionbook.put_back(p_schema, p_unit, v_changed, p_files);
end
$function$;
comment on function sessionbook.take_back is 'Rolls migrations back; returns what was dropped and what stays.';

-- Applies again the files that do not need a dropped object. PostgreSQL does not check most bodies before they run, so
-- the text decides, in doubt against a file: a file that mentions a dropped name is left out, and so are files that
-- mention that one.
create function sessionbook.put_back(p_schema text, p_unit text, p_changed text[], p_files jsonb) returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_before constant jsonb := sessionbook.look(p_schema);
    v_exists constant boolean := exists (select from sessionbook.installations as i where i.schema_name = p_schema);
    v_words text[] := array(
        select btrim(regexp_replace(c.identity, '^(column .*\.|\w+ )|\(.*$| on .*$', '', 'g'), '"')
        from unnest(p_changed) as c (identity)
    );
    v_out text[];
    v_failed text[];
    v_file record;
begin
    loop
        v_out := array(
            with recursive mention as materialized (
                select distinct f.path, substring(f.path from '([^/]*)\.sql$') as name, w.word
                from jsonb_to_recordset(p_files) as f (path text, content text)
                cross join lateral (
                    select f.path
                    union all
                    select regexp_split_to_table(regexp_replace(f.content, '--[^\n]*', '', 'g'), '\W+')
                ) as w (word)
            ),
            gone (word) as (
                select w from unnest(v_words) as w
                union
                select m.name
                from gone as g
                inner join mention as m on g.word = m.word and m.path ~ '^(functions|views)/'
            )
            select distinct m.path
            from mention as m
            where not v_exists or m.word in (select g.word from gone as g)
            order by m.path
        );
        v_failed := '{}';
        begin
            for v_file in
                select f.path, f.content
                from jsonb_to_recordset(p_files) as f (path text, content text)
                where f.path <> all(v_out)
            loop
                begin
                    perform sessionbook.run(p_schema, v_file.path, v_file.content);
                exception
                    -- It needs a dropped object without naming it.
                    when undefined_object or undefined_table or undefined_column or undefined_function
                        or datatype_mismatch or invalid_column_reference or invalid_function_definition
                        or invalid_object_definition
                    then
                        v_failed := v_failed || v_file.path;
                end;
            end loop;
            exit when v_failed = '{}';
            -- Files that mention these are left out too: once more without all of them.
            raise exception using errcode = 'SB001';
        exception
            when sqlstate 'SB001' then
                v_words := v_words || v_failed;
        end;
    end loop;
    if v_exists then
        perform sessionbook.enter_files(p_schema, p_unit, v_before, '{}', (
            select coalesce(jsonb_agg(f), '[]')
            from jsonb_array_elements(p_files) as f
            where f ->> 'path' <> all(v_out)
        ), false);
    end if;
    return jsonb_build_object('left_out', v_out, 'kept', array(
        select f.path from jsonb_to_recordset(p_files) as f (path text) where f.path <> all(v_out)
    ));
end
$function$;
comment on function sessionbook.put_back is 'Applies the files again that do not need anything that was removed.';

create function sessionbook.rows_of(p_schema text, p_items jsonb) returns table (object text, number bigint)
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
    for object in select i.item from jsonb_array_elements_text(p_items) as i (item) loop
        execute format(
            'select count(%s) from %I.%s',
            case when object ^@ 'table ' then '*' else regexp_replace(object, '^.*\.', '') end,
            p_schema,
            regexp_replace(object, '^(table (.*)|column (.*)\.[^.]*)$', '\2\3')
        ) into number;
        return next;
    end loop;
end
$function$;
comment on function sessionbook.rows_of is 'Rows of tables, and rows with a value in columns.';

create function sessionbook.forget(p_schema text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    perform sessionbook.hold();
    perform sessionbook.refuse_moving(p_schema, '{out begun,out closed}');
    delete from sessionbook.installations as i where i.schema_name = p_schema;
    if not found then
        perform sessionbook.refuse(
            'usage', format('nothing is installed in schema %s', p_schema), 'See: sessionbook status'
        );
    end if;
    -- What is left of a move that was undone while this server could not be reached.
    delete from sessionbook.moves as m where m.schema_name = p_schema and m.direction = 'in' and m.step <> 'moved';
    perform sessionbook.stop_clock(p_schema), sessionbook.say(p_schema, null);
end
$function$;
comment on function sessionbook.forget is 'Removes an installation from the registry; its schema stays as it is.';

-- p_paused: also a clock that an operator paused, which otherwise stays in the list.
create function sessionbook.stop_clock(p_schema text, p_paused boolean default true) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    if to_regclass('lifecycle.clocks') is not null then
        execute 'delete from lifecycle.clocks where schema_name = $1 and (enabled or $2)' using p_schema, p_paused;
    end if;
end
$function$;
comment on function sessionbook.stop_clock is 'Stops the clock of a schema.';

-- Functions contain the name of their schema, so all files are due afterwards. Keys, indexes, defaults and arguments
-- contain it too: PostgreSQL prints them with the new name, which is no change by hand.
create function sessionbook.rename(p_from text, p_to text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_names constant text := format('(?<![\w."])(%s)\.', (
        select string_agg(regexp_replace(quote_ident(n), '(\W)', '\\\1', 'g'), '|')
        from unnest(array[p_from, p_to]) as n
    ));
begin
    perform sessionbook.hold();
    perform sessionbook.refuse_moving(p_from, '{out begun,out closed,in begun,in copied}');
    perform sessionbook.refuse_moving(p_to, '{in begun,in copied,out moved}');
    update sessionbook.installations as i
    set schema_name = p_to
    where i.schema_name = p_from and p_from <> 'lifecycle'
        and coalesce(to_regnamespace(quote_ident(p_from)), to_regnamespace(quote_ident(p_to))) is not null
        and not exists (select from sessionbook.installations as o where o.schema_name = p_to);
    if not found then
        perform sessionbook.refuse(
            'usage', format('there is no installation in schema %s that can move to %s', p_from, p_to),
            'See: sessionbook status'
        );
    elsif to_regnamespace(quote_ident(p_from)) is not null then
        execute format('alter schema %I rename to %I', p_from, p_to);
    end if;
    update sessionbook.files as f set sha256 = null where f.schema_name = p_to;
    with live as materialized (
        select i.identity, i.definition, regexp_replace(i.identity, v_names, '', 'g') as key,
            regexp_replace(i.definition, v_names, '', 'g') as meaning
        from sessionbook.items(p_to) as i
    )
    update sessionbook.objects as o
    set identity = l.identity, definition = case
        when regexp_replace(o.definition, v_names, '', 'g') = l.meaning then l.definition else o.definition
    end
    from live as l
    where o.schema_name = p_to and regexp_replace(o.identity, v_names, '', 'g') = l.key;
    perform sessionbook.stop_clock(p_from);
end
$function$;
comment on function sessionbook.rename is 'Gives a schema another name, or follows one given by hand; then apply.';
