-- Keeps other deployers out until the transaction ends. A deployer that holds the lock for its session has it anyway.
create function sessionbook.hold()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    if not pg_try_advisory_xact_lock(hashtextextended('sessionbook', 0)) then
        raise exception using
            errcode = 'lock_not_available',
            constraint = 'sessionbook_locked',
            message = 'another deployer holds the lock: ' || sessionbook.holder(),
            hint = 'Wait for it, and run this again.';
    end if;
end
$function$;

comment on function sessionbook.hold() is
'Keeps other deployers out until the transaction ends; 55P03: one is at work.';

create function sessionbook.holder()
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
select coalesce(
    (
        select format(
            'pid %s, application %s, client %s',
            a.pid, coalesce(nullif(a.application_name, ''), 'unnamed'), coalesce(host(a.client_addr), 'local')
        )
        from pg_locks as l
        inner join pg_stat_activity as a on l.pid = a.pid
        inner join pg_database as d on l.database = d.oid
        where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and d.datname = current_database()
            and ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended('sessionbook', 0)
    ),
    'already gone'
)
$function$;

comment on function sessionbook.holder() is 'Who deploys to this database right now.';

-- A file's statements, each with its first line. One ends at a `;` before an empty line or the end of the file, outside
-- dollar quotes: all files of the package keep to that, and two statements in one piece are run all the same.
create function sessionbook.statements(p_text text)
returns table (line integer, statement text)
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_lines constant text[] := string_to_array(p_text, e'\n');
    v_open text;
    v_tag text;
begin
    for v_place in 1 .. cardinality(v_lines) loop
        if line is null and v_lines[v_place] ~ '^\s*(--.*)?$' then
            continue;
        end if;
        line := coalesce(line, v_place);
        if v_lines[v_place] ~ '\$' then
            for v_tag in
                select t.found[1] from regexp_matches(v_lines[v_place], '(\$(?:[^\W\d]\w*)?\$)', 'g') as t (found)
            loop
                v_open := case when v_open is null then v_tag when v_open <> v_tag then v_open end;
            end loop;
        end if;
        if v_place = cardinality(v_lines)
            or (v_open is null and v_lines[v_place] ~ ';\s*$' and coalesce(v_lines[v_place + 1], '') ~ '^\s*$')
        then
            statement := array_to_string(v_lines[line:v_place], e'\n');
            return next;
            line := null;
        end if;
    end loop;
end
$function$;

comment on function sessionbook.statements(text) is 'Statements of a file, each with the line it begins on, from 1.';

-- Runs a file, its own names looked for in a schema. Objects come to belong to the role whose the others there are. The
-- comment in front of each statement tells the reader of an error which file and line it is from.
create function sessionbook.run(p_schema text, p_path text, p_text text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $function$
declare
    v_me constant text := current_setting('role');
    v_owner constant text := sessionbook.owner_of(p_schema);
    v_line integer;
    v_statement text;
begin
    if current_setting('lock_timeout') = '0' then
        perform set_config('lock_timeout', '5s', true);
    end if;
    for v_line, v_statement in select s.line, s.statement from sessionbook.statements(p_text) as s loop
        perform set_config('search_path', quote_ident(p_schema) || ', pg_temp', true);
        -- An application's owner of the tables may have no right to the schema that they were taken over to.
        if v_owner <> current_user and has_schema_privilege(v_owner, p_schema, 'usage')
            and has_schema_privilege(v_owner, p_schema, 'create')
        then
            perform set_config('role', v_owner, true);
        end if;
        execute format('/* %s:%s */ %s', p_path, v_line, v_statement);
        perform set_config('role', v_me, true);
    end loop;
end
$function$;

comment on function sessionbook.run(text, text, text) is 'Runs the text of a file in a schema, a statement at a time.';

-- The role that objects in a schema are to belong to: whose the ones there are, else the schema's owner if we may be
-- that role, else ourselves. Two deployers would else leave a mixture that neither of them, nor the clock, may work
-- with.
create function sessionbook.owner_of(p_schema text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_owner text;
begin
    if p_schema = 'pg_catalog' then
        return current_user;
    end if;
    select pg_get_userbyid(c.relowner)
    into v_owner
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    inner join sessionbook.objects as o
        on o.schema_name = n.nspname and o.identity = format('table %I', c.relname)
    where n.nspname = p_schema and c.relkind in ('r', 'p')
    order by c.oid
    limit 1;
    if v_owner is not null and not pg_has_role(current_user, v_owner, 'member') then
        raise exception using
            errcode = 'insufficient_privilege',
            message = format(
                'the tables in schema %s belong to %s, and %s is no member of it', p_schema, v_owner, current_user
            ),
            hint = format('Deploy as %s, or as a member of it.', v_owner);
    end if;
    return coalesce(
        v_owner,
        (
            select pg_get_userbyid(n.nspowner)
            from pg_namespace as n
            where n.nspname = p_schema and pg_has_role(current_user, n.nspowner, 'member')
        ),
        current_user
    );
end
$function$;

comment on function sessionbook.owner_of(text) is 'The role that objects in a schema are to belong to.';

-- Refuses what must not go on, before anything is done to an installation. p_package as for plan(), of one
-- installation.
create function sessionbook.prepare(p_package jsonb)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_schema constant text := p_package #>> '{installations,0,schema_name}';
    v_unit constant text := p_package #>> '{installations,0,unit}';
    v_found text[];
begin
    perform sessionbook.hold();
    select array_agg(p.name) filter (where p.kind = 'unfinished') into v_found from sessionbook.plan(p_package) as p;
    if v_found is not null then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            constraint = 'sessionbook_dirty',
            message = format('%s began outside a transaction in schema %s and did not finish', v_found[1], v_schema),
            hint = format('See how far it came, then: sessionbook resolve %s --applied, or --retry.', v_found[1]);
    end if;
    select array_agg(p.name) filter (where p.kind = 'drift') into v_found from sessionbook.plan(p_package) as p;
    if v_found is not null then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            constraint = 'sessionbook_drift',
            message = v_found[1],
            detail = array_to_string(v_found[2:], e'\n'),
            hint = 'Deploy the version that was applied, with its files as they were; changes belong in new ones.';
    end if;
    if exists (
        select from sessionbook.installations as i
        where i.schema_name = v_schema and i.unit = v_unit and i.version is not null
    ) then
        return 'installed';
    end if;
    if exists (select from sessionbook.installations as i where i.schema_name = v_schema and i.unit <> v_unit) then
        raise exception using
            errcode = 'duplicate_schema',
            constraint = 'sessionbook_occupied',
            message = format('schema %s holds another unit already', v_schema);
    end if;
    v_found := sessionbook.strangers(v_schema);
    if v_found <> '{}' then
        raise exception using
            errcode = 'duplicate_schema',
            constraint = 'sessionbook_occupied',
            message = format(
                'schema %s already holds tables that are not Sessionbook''s: %s',
                v_schema, array_to_string(v_found[:5], ', ')
            ),
            hint = format('Choose another schema with --schema %s=NAME.', v_unit);
    end if;
    insert into sessionbook.installations (schema_name, unit) values (v_schema, v_unit)
    on conflict (schema_name) do nothing;
    return 'new';
end
$function$;

comment on function sessionbook.prepare(jsonb) is
'Refuses to go on with an installation: 55000 if it is not what the package says, 42P06 if the schema is in use.';

create function sessionbook.strangers(p_schema text)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
select coalesce(array_agg(c.relname::text order by c.relname), '{}')
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname = p_schema and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not exists (
        select from pg_depend as d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
$function$;

comment on function sessionbook.strangers(text) is 'Tables and views of a schema, but for those of extensions.';

-- Enters a migration as applied, or with no hash as known to be there.
create function sessionbook.mark(p_schema text, p_unit text, p_id text, p_sha256 text, p_operation text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    insert into sessionbook.migrations (schema_name, id, unit, sha256) values (p_schema, p_id, p_unit, p_sha256);
    insert into sessionbook.history (schema_name, migration_id, operation) values (p_schema, p_id, p_operation);
    -- A deployer that dies before it comes to the files leaves word that they are due.
    update sessionbook.files as f set sha256 = null where f.schema_name = p_schema;
    perform sessionbook.register(p_schema, p_unit);
end
$function$;

comment on function sessionbook.mark(text, text, text, text, text) is 'Enters a migration: p_operation apply or mark.';

-- Brings the list of installations in line with the migrations, and the schema's comment, by which an installation is
-- known that comes from a dump of its schema alone.
create function sessionbook.register(p_schema text, p_unit text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_version constant text := (
        select max(m.id collate "C") from sessionbook.migrations as m where m.schema_name = p_schema
    );
    v_comment constant text := regexp_replace(
        coalesce(obj_description(to_regnamespace(quote_ident(p_schema)), 'pg_namespace'), ''),
        '\n?sessionbook \w+ \d{4}\w*$', ''
    );
begin
    if v_version is null then
        delete from sessionbook.installations as i where i.schema_name = p_schema;
    else
        insert into sessionbook.installations (schema_name, unit, version) values (p_schema, p_unit, v_version)
        on conflict (schema_name) do update
        set version = excluded.version, applied_at = excluded.applied_at;
    end if;
    if to_regnamespace(quote_ident(p_schema)) is not null
        and exists (
            select from pg_namespace as n
            where n.nspname = p_schema and pg_has_role(current_user, n.nspowner, 'usage')
        )
    then
        execute format(
            'comment on schema %I is %L',
            p_schema,
            nullif(concat_ws(e'\n', nullif(v_comment, ''), 'sessionbook ' || p_unit || ' ' || v_version), '')
        );
    end if;
end
$function$;

comment on function sessionbook.register(text, text) is 'Brings the list of installations in line with the migrations.';

-- Applies a migration with its entry, or passes over one that is applied. p_after: the migration before it, so that a
-- client which goes on after an error applies nothing out of order.
create function sessionbook.migrate(
    p_schema text, p_unit text, p_after text, p_id text, p_sha256 text, p_text text
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_before jsonb;
begin
    perform sessionbook.hold();
    if exists (select from sessionbook.migrations as m where m.schema_name = p_schema and m.id = p_id) then
        return 'was applied before';
    end if;
    if not exists (select from sessionbook.installations as i where i.schema_name = p_schema and i.unit = p_unit)
        or p_after is distinct from (
            select max(m.id collate "C") from sessionbook.migrations as m where m.schema_name = p_schema
        )
    then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            constraint = 'sessionbook_drift',
            message = format('schema %s is not at migration %s, which %s comes after', p_schema, p_after, p_id);
    end if;
    if to_regnamespace(quote_ident(p_schema)) is null then
        execute format('create schema %I', p_schema);
    end if;
    v_before := sessionbook.look(p_schema);
    perform sessionbook.run(p_schema, format('migrations/%s/%s.sql', p_unit, p_id), p_text);
    perform sessionbook.mark(p_schema, p_unit, p_id, p_sha256, 'apply');
    perform sessionbook.record(p_schema, v_before);
    return 'applied';
end
$function$;

comment on function sessionbook.migrate(text, text, text, text, text, text) is
'Applies a migration, or passes over one that is applied; says which.';

-- A file outside a transaction: noted before it begins, entered when it has ended. Who dies between them leaves the
-- note.
create function sessionbook.start(p_schema text, p_id text)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform sessionbook.hold();
    if to_regnamespace(quote_ident(p_schema)) is null then
        execute format('create schema %I', p_schema);
    end if;
    insert into sessionbook.started_migrations (schema_name, id) values (p_schema, p_id);
    return sessionbook.look(p_schema);
end
$function$;

comment on function sessionbook.start(text, text) is
'Notes that a file is about to begin outside a transaction; returns what finish() wants to know.';

create function sessionbook.finish(p_schema text, p_unit text, p_id text, p_sha256 text, p_before jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    delete from sessionbook.started_migrations as s where s.schema_name = p_schema and s.id = p_id;
    if p_sha256 is null then
        perform sessionbook.unmark(p_schema, p_unit, p_id);
    else
        perform sessionbook.mark(p_schema, p_unit, p_id, p_sha256, 'apply');
    end if;
    perform sessionbook.record(p_schema, p_before);
end
$function$;

comment on function sessionbook.finish(text, text, text, text, jsonb) is
'Enters a migration that ran outside a transaction as applied; without a hash, as taken back.';

-- Ends the note of a file that died outside a transaction. p_sha256 null: it is to be tried again. What it did is
-- entered only if it says so: an index that `concurrently` left invalid has to be dropped first.
create function sessionbook.resolve(p_schema text, p_unit text, p_id text, p_sha256 text, p_text text)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_was_applied constant boolean := exists (
        select from sessionbook.migrations as m where m.schema_name = p_schema and m.id = p_id
    );
    v_invalid constant text[] := array(
        select o.relname::text
        from pg_index as i
        inner join pg_class as o on i.indexrelid = o.oid
        inner join pg_namespace as n on o.relnamespace = n.oid
        where n.nspname = p_schema and not i.indisvalid and o.relname = any(regexp_split_to_array(p_text, '\W+'))
        order by o.relname
    );
    v_name text;
begin
    perform sessionbook.hold();
    delete from sessionbook.started_migrations as s where s.schema_name = p_schema and s.id = p_id;
    if not found then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            constraint = 'sessionbook_usage',
            message = format('%s is not unfinished in schema %s', p_id, p_schema),
            hint = 'See: sessionbook status';
    end if;
    if p_sha256 is null then
        foreach v_name in array v_invalid loop
            execute format('drop index %I.%I', p_schema, v_name);
        end loop;
        return jsonb_build_object(
            'state', case when v_was_applied then 'applied' else 'pending' end, 'dropped', to_jsonb(v_invalid)
        );
    end if;
    if v_invalid <> '{}' then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            constraint = 'sessionbook_dirty',
            message = format('%s is invalid, so %s is not applied', array_to_string(v_invalid, ', '), p_id),
            hint = format('Drop it and try again with: sessionbook resolve %s --retry', p_id);
    end if;
    if v_was_applied then
        perform sessionbook.unmark(p_schema, p_unit, p_id);
    else
        perform sessionbook.mark(p_schema, p_unit, p_id, p_sha256, 'apply');
    end if;
    -- Nobody knows how things were before: entered is what the text names, and forgotten what it named.
    perform sessionbook.record(p_schema, sessionbook.look(p_schema), array(
        select i.identity
        from sessionbook.items(p_schema) as i
        where i.identity !~ '^(grant|owner) '
            and substring(i.identity from '^\w+ (?:[^ (]*\.)?([^ (]*)') = any(regexp_split_to_array(p_text, '\W+'))
            and not exists (
                select from sessionbook.objects as o where o.schema_name = p_schema and o.identity = i.identity
            )
    ));
    delete from sessionbook.objects as o
    where v_was_applied and o.schema_name = p_schema
        and substring(o.identity from '^\w+ (?:[^ (]*\.)?([^ (]*)') = any(regexp_split_to_array(p_text, '\W+'))
        and o.identity not in (select i.identity from sessionbook.items(p_schema) as i);
    return jsonb_build_object(
        'state', case when v_was_applied then 'pending' else 'applied' end, 'dropped', '[]'::jsonb
    );
end
$function$;

comment on function sessionbook.resolve(text, text, text, text, text) is
'Says that a file which died outside a transaction has done its work, or without a hash that it is to be tried again.';

create function sessionbook.unmark(p_schema text, p_unit text, p_id text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    delete from sessionbook.migrations as m where m.schema_name = p_schema and m.id = p_id;
    insert into sessionbook.history (schema_name, migration_id, operation) values (p_schema, p_id, 'rollback');
    perform sessionbook.register(p_schema, p_unit);
end
$function$;

comment on function sessionbook.unmark(text, text, text) is 'Enters a migration as taken back.';
