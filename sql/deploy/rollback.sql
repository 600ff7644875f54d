-- Takes migrations back, newest first, after dropping all functions, views and triggers; those that need nothing of
-- what went are applied again. p_rollbacks: id, path, content. p_files as for reapply(). Returns losses (tables and
-- columns that went), rewritten (tables that stay and whose rows changed), kept and left_out (paths).
create function sessionbook.take_back(p_schema text, p_unit text, p_rollbacks jsonb, p_files jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_before jsonb;
    v_file record;
    v_losses jsonb;
    v_rewritten jsonb;
begin
    perform sessionbook.hold();
    perform sessionbook.drop_files(p_schema, not exists (
        select from sessionbook.migrations as m
        where m.schema_name = p_schema
            and m.id not in (select r.id from jsonb_to_recordset(p_rollbacks) as r (id text))
    ));
    v_before := sessionbook.look(p_schema);
    for v_file in select r.* from jsonb_to_recordset(p_rollbacks) as r (id text, path text, content text) loop
        perform sessionbook.run(p_schema, v_file.path, v_file.content);
        perform sessionbook.unmark(p_schema, p_unit, v_file.id);
    end loop;
    perform sessionbook.record(p_schema, v_before);
    v_losses := (
        select coalesce(jsonb_agg(b.identity order by b.identity collate "C"), '[]')
        from jsonb_object_keys(v_before) as b (identity)
        where b.identity ~ '^(table|column) '
            and b.identity not in (select i.identity from sessionbook.items(p_schema) as i)
            and not (
                b.identity ^@ 'column '
                and 'table ' || regexp_replace(substr(b.identity, 8), '\.[^.]*$', '')
                not in (select i.identity from sessionbook.items(p_schema) as i)
            )
    );
    v_rewritten := (
        select coalesce(jsonb_agg(
            jsonb_build_object(
                'table', t.relname, 'inserted', t.n_tup_ins, 'updated', t.n_tup_upd, 'deleted', t.n_tup_del
            )
            order by t.relname
        ), '[]')
        from pg_stat_xact_user_tables as t
        where t.schemaname = p_schema and t.n_tup_ins + t.n_tup_upd + t.n_tup_del > 0
    );
    return jsonb_build_object('losses', v_losses, 'rewritten', v_rewritten)
        || sessionbook.put_back(p_schema, p_unit, v_before, p_files);
end
$function$;

comment on function sessionbook.take_back(text, text, jsonb, jsonb) is
'Takes migrations back, and all functions, views and triggers that need them; says what went and what stays.';

-- Drops all functions, views and triggers of ours, which a rollback file could not do anything under.
create function sessionbook.drop_files(p_schema text, p_for_good boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_before constant jsonb := sessionbook.look(p_schema);
    v_ours constant oid[] := array(
        select m.oid
        from sessionbook.made(p_schema) as m
        where m.is_ours and m.key in (
            select sessionbook.file_key(f.path) from sessionbook.files as f where f.schema_name = p_schema
        )
    );
begin
    -- The clock stays away from what is about to go; one that an operator paused stays in its list, paused.
    if to_regclass('lifecycle.clocks') is not null then
        execute 'delete from lifecycle.clocks where schema_name = $1 and (enabled or $2)' using p_schema, p_for_good;
    end if;
    perform sessionbook.lock_all(sessionbook.locks(p_schema, '[]'));
    perform sessionbook.clear(p_schema, '{}', v_ours, null);
    delete from sessionbook.files as f where f.schema_name = p_schema;
    perform sessionbook.record(p_schema, v_before);
end
$function$;

comment on function sessionbook.drop_files(text, boolean) is
'Drops all functions, views and triggers of ours; p_for_good: they do not come back.';

-- Applies again what needs nothing of what went. PostgreSQL does not look into most bodies before they run, so the text
-- decides, and in doubt against a file.
create function sessionbook.put_back(p_schema text, p_unit text, p_before jsonb, p_files jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_words text[] := array(
        select btrim(regexp_replace(
            regexp_replace(d.identity, '^(column .*\.|\w+ )', ''), '\(.*$', ''
        ), '"')
        from sessionbook.drift(p_schema, jsonb_build_object(
            'server_major', current_setting('server_version_num')::integer / 10000, 'items', p_before
        )) as d
        where d.kind in ('missing', 'changed') and d.identity ~ '^(table|column|type|sequence|function) '
    );
    v_version constant text := (
        select i.version from sessionbook.installations as i where i.schema_name = p_schema
    );
    v_remaining jsonb := p_files;
    v_number integer;
begin
    if v_version is null then
        return jsonb_build_object('kept', '[]'::jsonb, 'left_out', (
            select coalesce(jsonb_agg(f.path order by f.place), '[]')
            from rows from (jsonb_to_recordset(p_files) as (path text)) with ordinality as f (path, place)
        ));
    end if;
    loop
        -- A file that mentions what went goes too, and with it whatever mentions the file's name.
        loop
            v_number := jsonb_array_length(v_remaining);
            v_remaining := (
                select coalesce(jsonb_agg(f.file order by f.place), '[]')
                from jsonb_array_elements(v_remaining) with ordinality as f (file, place)
                where not v_words && regexp_split_to_array(
                    regexp_replace(f.file ->> 'content', '--[^\n]*', '', 'g'), '\W+'
                )
            );
            exit when jsonb_array_length(v_remaining) = v_number;
            v_words := v_words || array(
                select substring(f.path from '/([^/]*)\.sql$')
                from jsonb_to_recordset(p_files) as f (path text)
                where f.path ~ '^(functions|views)/'
                    and f.path not in (select r.path from jsonb_to_recordset(v_remaining) as r (path text))
            );
        end loop;
        begin
            perform sessionbook.reapply(p_schema, p_unit, v_remaining, v_version, p_tolerant => true);
            exit;
        exception
            when sqlstate 'SB001' then
                v_words := v_words || substring(sqlerrm from '/([^/]*)\.sql$');
                v_remaining := (
                    select coalesce(jsonb_agg(f.file order by f.place), '[]')
                    from jsonb_array_elements(v_remaining) with ordinality as f (file, place)
                    where f.file ->> 'path' <> sqlerrm
                );
        end;
    end loop;
    return jsonb_build_object(
        'kept', (select coalesce(jsonb_agg(f -> 'path'), '[]') from jsonb_array_elements(v_remaining) as f),
        'left_out', (
            select coalesce(jsonb_agg(f.path order by f.place), '[]')
            from rows from (jsonb_to_recordset(p_files) as (path text)) with ordinality as f (path, place)
            where f.path not in (select r.path from jsonb_to_recordset(v_remaining) as r (path text))
        )
    );
end
$function$;

comment on function sessionbook.put_back(text, text, jsonb, jsonb) is
'Applies again the files that need nothing of what was removed.';

create function sessionbook.rows_of(p_schema text, p_items jsonb)
returns table (object text, number bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
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

comment on function sessionbook.rows_of(text, jsonb) is 'Rows of tables, and rows with a value in columns.';

-- Takes an installation out of the registry; nothing of it is touched.
create function sessionbook.forget(p_schema text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform sessionbook.hold();
    delete from sessionbook.installations as i where i.schema_name = p_schema;
    if not found then
        raise exception using
            errcode = 'undefined_object',
            constraint = 'sessionbook_usage',
            message = format('nothing is installed in schema %s', p_schema),
            hint = 'See: sessionbook status';
    end if;
    delete from sessionbook.migrations as m where m.schema_name = p_schema;
    delete from sessionbook.started_migrations as s where s.schema_name = p_schema;
    delete from sessionbook.files as f where f.schema_name = p_schema;
    delete from sessionbook.objects as o where o.schema_name = p_schema;
    if to_regclass('lifecycle.clocks') is not null then
        execute 'delete from lifecycle.clocks where schema_name = $1' using p_schema;
    end if;
    if to_regnamespace(quote_ident(p_schema)) is not null then
        execute format('comment on schema %I is %L', p_schema, nullif(regexp_replace(
            obj_description(to_regnamespace(quote_ident(p_schema)), 'pg_namespace'), '\n?sessionbook \w+ \d{4}\w*$', ''
        ), ''));
    end if;
end
$function$;

comment on function sessionbook.forget(text) is 'Takes an installation out of the registry; nothing of it is touched.';

-- Gives an installation's schema another name, or follows one that was given by hand. Functions pin the name of their
-- schema, so all files are due afterwards.
create function sessionbook.rename(p_from text, p_to text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform sessionbook.hold();
    if not exists (select from sessionbook.installations as i where i.schema_name = p_from) or p_from = 'lifecycle' then
        raise exception using
            errcode = 'undefined_object',
            constraint = 'sessionbook_usage',
            message = format('no unit that can be moved is installed in schema %s', p_from),
            hint = 'See: sessionbook status';
    end if;
    if to_regnamespace(quote_ident(p_from)) is not null then
        execute format('alter schema %I rename to %I', p_from, p_to);
    elsif to_regnamespace(quote_ident(p_to)) is null then
        raise exception using
            errcode = 'invalid_schema_name',
            constraint = 'sessionbook_usage',
            message = format('there is neither a schema %s nor a schema %s', p_from, p_to);
    end if;
    update sessionbook.installations as i set schema_name = p_to where i.schema_name = p_from;
    update sessionbook.migrations as m set schema_name = p_to where m.schema_name = p_from;
    update sessionbook.started_migrations as s set schema_name = p_to where s.schema_name = p_from;
    update sessionbook.files as f set schema_name = p_to, sha256 = null where f.schema_name = p_from;
    update sessionbook.objects as o set schema_name = p_to where o.schema_name = p_from;
    if to_regclass('lifecycle.clocks') is not null then
        execute 'delete from lifecycle.clocks where schema_name = $1' using p_from;
    end if;
end
$function$;

comment on function sessionbook.rename(text, text) is
'Gives an installation''s schema another name, or follows a rename by hand; apply has to come after it.';
