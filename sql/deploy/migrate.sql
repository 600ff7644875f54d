-- Takes the deploy lock until the transaction ends; a deployer that holds it for its session has it anyway. With a
-- unit: refuses if the schema is not at the given migration, in case a client continues after an error.
create function sessionbook.hold(p_schema text default null, p_unit text default null, p_version text default null)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    if not pg_try_advisory_xact_lock(hashtextextended('sessionbook', 0)) then
        perform sessionbook.refuse('locked', 'another deployer holds the lock: ' || coalesce((
            select format(
                'pid %s, application %s, client %s',
                a.pid, coalesce(nullif(a.application_name, ''), 'unnamed'), coalesce(host(a.client_addr), 'local')
            )
            from pg_locks as l
            inner join pg_stat_activity as a on l.pid = a.pid
            where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and a.datname = current_database()
                and ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended('sessionbook', 0)
        ), 'already gone'), 'Wait until it has ended, then run this again.');
    elsif p_unit is not null and not exists (
        select from sessionbook.installations as i
        where i.schema_name = p_schema and i.unit = p_unit and i.version is not distinct from p_version
    ) then
        perform sessionbook.refuse(
            'drift', format('schema %s is not at migration %s of %s', p_schema, coalesce(p_version, 'none'), p_unit),
            'Apply the earlier steps first.'
        );
    end if;
end
$function$;
comment on function sessionbook.hold is
'Takes the deploy lock; 55P03: another deployer has it, 55000: wrong migration.';

-- A file's statements. A statement ends at a `;` before an empty line and a line that is not indented: all files of the
-- package follow this, and two statements in one piece are run too. The comment before each shows in an error which
-- file and line it comes from.
create function sessionbook.statements(p_path text, p_text text) returns text[]
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
begin
    return array(
        select format('/* %s:%s */ %s', p_path, s.line + regexp_count(s.lead, e'\n'), substr(s.piece, length(s.lead) + 1))
        from (
            select p.place, p.piece, substring(p.piece from '^(?:\s|--[^\n]*(?:\n|$))*') as lead,
                1 + sum(regexp_count(p.piece, e'\n')) over (order by p.place) - regexp_count(p.piece, e'\n') as line
            from regexp_split_to_table(p_text, '(?<=;)(?=[ \t]*\n\s*\n\S)') with ordinality as p (piece, place)
        ) as s
        where length(s.lead) < length(s.piece)
        order by s.place
    );
end
$function$;
comment on function sessionbook.statements is 'Statements of a file, each with its path and the line it begins on.';

-- The role that owns new objects in a schema: the owner of the tables there, else the schema's owner if we are a
-- member, else ourselves. Otherwise two deployers would leave objects of different owners, which neither they nor the
-- clock may use. An application's owner of the tables may have no right on the schema that they were moved to.
create function sessionbook.owner_of(p_schema text) returns text
language sql stable set search_path = pg_catalog, pg_temp as $function$
select coalesce(
    (
        select pg_get_userbyid(c.relowner)
        from pg_class as c
        inner join sessionbook.objects as o on o.schema_name = p_schema and o.identity = format('table %I', c.relname)
        where c.relnamespace = to_regnamespace(quote_ident(p_schema)) and c.relkind in ('r', 'p')
            and has_schema_privilege(c.relowner, c.relnamespace, 'usage')
            and has_schema_privilege(c.relowner, c.relnamespace, 'create')
        order by c.oid
        limit 1
    ),
    (
        select pg_get_userbyid(n.nspowner)
        from pg_namespace as n
        where n.nspname = p_schema and p_schema <> 'pg_catalog' and pg_has_role(current_user, n.nspowner, 'member')
    ),
    current_user
)
$function$;
comment on function sessionbook.owner_of is 'The role that objects in a schema are to belong to.';

-- Runs a file in a schema, which it makes, as the role that tables there belong to. p_owner: that role, if it is known.
-- Files call the roles of an installation sessionbook_app and so on, and only in grants: a test holds them to that.
create function sessionbook.run(p_schema text, p_path text, p_text text, p_owner text default null) returns void
language plpgsql set search_path = pg_catalog, pg_temp set client_min_messages = warning as $function$
declare
    v_me constant text := current_setting('role');
    v_patience constant text := current_setting('lock_timeout');
    v_roles constant text := (
        select format('"%s_\1"', replace(replace(i.role_prefix, '\', '\\'), '"', '""'))
        from sessionbook.installations as i
        where i.schema_name = p_schema and i.role_prefix <> 'sessionbook'
    );
    v_statements constant text[] := sessionbook.statements(p_path, coalesce(
        regexp_replace(
            p_text, '\msessionbook_(app|writer|reader|courier|student|creator|tutor|trainer|attendee)\M', v_roles, 'g'
        ), p_text
    ));
    v_owner text;
    v_statement text;
begin
    if v_patience = '0' then
        perform set_config('lock_timeout', '5s', true);
    end if;
    if to_regnamespace(quote_ident(p_schema)) is null then
        execute format('create schema %I', p_schema);
    end if;
    v_owner := coalesce(p_owner, sessionbook.owner_of(p_schema));
    if v_owner <> current_user then
        perform set_config('role', v_owner, true);
    end if;
    perform set_config('search_path', quote_ident(p_schema) || ', pg_temp', true);
    foreach v_statement in array v_statements loop
        execute v_statement;
    end loop;
    perform set_config('role', v_me, true), set_config('lock_timeout', v_patience, true);
end
$function$;
comment on function sessionbook.run is 'Runs a file in a schema; 42501: its tables are of a role that we may not be.';

-- Runs a file that an operator chose, such as one of policies, and enters what it made, so that drift() knows it.
create function sessionbook.add(p_schema text, p_path text, p_text text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_before constant jsonb := sessionbook.look(p_schema);
begin
    perform sessionbook.hold();
    perform sessionbook.run(p_schema, p_path, p_text);
    perform sessionbook.record(p_schema, v_before);
end
$function$;
comment on function sessionbook.add is 'Runs a file that an operator chose, in a schema, and enters what it made.';

-- Checks an installation before anything is changed. p_package as for plan(), of one installation.
create function sessionbook.prepare(p_package jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_schema constant text := p_package #>> '{installations,0,schema_name}';
    v_unit constant text := p_package #>> '{installations,0,unit}';
    v_died text;
    v_drift text[];
    v_other text;
begin
    perform sessionbook.hold();
    select max(p.name) filter (where p.kind = 'unfinished'), array_agg(p.name) filter (where p.kind = 'drift')
    into v_died, v_drift
    from sessionbook.plan(p_package) as p;
    if v_died is not null then
        perform sessionbook.refuse(
            'dirty', format('%s began outside a transaction in schema %s and did not finish', v_died, v_schema),
            format('Check what it has done, then: sessionbook resolve %s --applied, or --retry.', v_died)
        );
    elsif v_drift is not null then
        perform sessionbook.refuse(
            'drift', v_drift[1],
            'Deploy the version that was applied, with unchanged files; changes belong in new files.',
            array_to_string(v_drift[2:], e'\n')
        );
    end if;
    perform sessionbook.enter(v_schema, v_unit, p_package #>> '{installations,0,role_prefix}');
    -- A schema of an extension goes with it, and no dump makes it.
    select coalesce(nullif(i.unit, v_unit), (
        select 'extension ' || e.extname
        from pg_depend as d
        inner join pg_extension as e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
        where d.classid = 'pg_namespace'::regclass and d.objid = to_regnamespace(quote_ident(v_schema))
    ), (
        select string_agg(t.identity, ', ' order by t.identity)
        from sessionbook.things(v_schema) as t
        where t.identity ~ '^(table|view|materialized view) '
    ))
    into v_other
    from sessionbook.installations as i
    where i.schema_name = v_schema and (i.unit <> v_unit or i.version is null);
    if v_other is not null then
        perform sessionbook.refuse(
            'occupied', format('schema %s already has objects that are no %s of Sessionbook: %s', v_schema, v_unit, v_other),
            format('Choose another schema with --schema %s=NAME.', v_unit)
        );
    end if;
end
$function$;
comment on function sessionbook.prepare is 'Checks before a deploy: 55000, 42P06 if the schema is in use, PT400.';

-- Registers a migration as applied or rolled back; without a hash, as known to exist. The schema's comment says what is
-- installed, so that an installation restored from a dump of its schema alone is recognised.
create function sessionbook.mark(p_schema text, p_unit text, p_id text, p_sha256 text, p_operation text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_version text;
    v_prefix text;
begin
    if p_operation = 'rollback' then
        delete from sessionbook.migrations as m where m.schema_name = p_schema and m.id = p_id;
    else
        perform sessionbook.enter(p_schema, p_unit);
        insert into sessionbook.migrations (schema_name, id, sha256) values (p_schema, p_id, p_sha256);
    end if;
    insert into sessionbook.history (schema_name, migration_id, operation) values (p_schema, p_id, p_operation);
    -- If a deployer dies before it comes to the files, they are marked as due.
    update sessionbook.files as f set sha256 = null where f.schema_name = p_schema;
    v_version := (select max(m.id collate "C") from sessionbook.migrations as m where m.schema_name = p_schema);
    update sessionbook.installations as i
    set version = v_version, started = null, before = null
    where i.schema_name = p_schema
    returning i.role_prefix into v_prefix;
    delete from sessionbook.installations as i where i.schema_name = p_schema and i.version is null;
    perform sessionbook.say(p_schema, 'sessionbook ' || p_unit || ' ' || v_version || ' roles ' || v_prefix);
end
$function$;
comment on function sessionbook.mark is 'Enters a migration: p_operation apply, mark or rollback.';

-- Only an owner may do this: an adopted schema of an application gets no comment. p_line null: nothing.
create function sessionbook.say(p_schema text, p_line text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_line text;
begin
    select concat_ws(e'\n', nullif(regexp_replace(c.line, '\n?sessionbook \w+ \d{4}\w*( roles [^\n]*)?$', ''), ''), p_line)
    into v_line
    from pg_namespace as n
    cross join lateral obj_description(n.oid, 'pg_namespace') as c (line)
    where n.nspname = p_schema and pg_has_role(current_user, n.nspowner, 'usage');
    if found then
        execute format('comment on schema %I is %L', p_schema, nullif(v_line, ''));
    end if;
end
$function$;
comment on function sessionbook.say is 'Says in the last line of a schema''s comment what is installed there.';

-- Applies a migration with its entry, or skips an applied one. p_after: the migration before it, so that a client that
-- continues after an error applies nothing out of order. Without a text it was recorded by start(), and has run.
create function sessionbook.migrate(
    p_schema text, p_unit text, p_after text, p_id text, p_sha256 text, p_text text
) returns text
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_before jsonb;
begin
    perform sessionbook.hold();
    if exists (select from sessionbook.migrations as m where m.schema_name = p_schema and m.id = p_id) then
        return 'was applied before';
    end if;
    perform sessionbook.hold(p_schema, p_unit, p_after);
    if p_text is null then
        v_before := (select i.before from sessionbook.installations as i where i.schema_name = p_schema);
    else
        v_before := sessionbook.look(p_schema);
        perform sessionbook.run(p_schema, format('migrations/%s/%s.sql', p_unit, p_id), p_text);
    end if;
    perform sessionbook.record(p_schema, v_before);
    perform sessionbook.mark(p_schema, p_unit, p_id, p_sha256, 'apply');
    return 'applied';
end
$function$;
comment on function sessionbook.migrate is 'Applies a migration, or skips an applied one; returns which.';

-- A file outside a transaction is recorded before it begins. If the deployer dies before it is registered, that record
-- stays.
create function sessionbook.start(p_schema text, p_id text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    perform sessionbook.hold();
    update sessionbook.installations as i
    set started = p_id, before = sessionbook.look(p_schema)
    where i.schema_name = p_schema;
    perform sessionbook.run(p_schema, '', '');
end
$function$;
comment on function sessionbook.start is 'Records that a migration begins outside a transaction.';

-- Deletes the record of a migration that died outside a transaction. p_sha256 null: it is to be tried again. An index
-- that `concurrently` left invalid has to be dropped first.
create function sessionbook.resolve(p_schema text, p_unit text, p_id text, p_sha256 text) returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_known constant sessionbook.installations := (
        select i from sessionbook.installations as i where i.schema_name = p_schema and i.started = p_id
    );
    v_invalid constant text[] := array(
        select substring(t.identity from '^index (.*) on ')
        from sessionbook.items(p_schema) as t
        where t.identity ^@ 'index ' and t.definition ~ '\ninvalid'
            and v_known.before ->> t.identity is distinct from t.definition
    );
    v_name text;
begin
    perform sessionbook.hold();
    if v_known.schema_name is null then
        perform sessionbook.refuse(
            'usage', format('%s is not unfinished in schema %s', p_id, p_schema), 'See: sessionbook status'
        );
    elsif p_sha256 is null then
        foreach v_name in array v_invalid loop
            execute format('drop index %I.%s', p_schema, v_name);
        end loop;
        update sessionbook.installations as i set started = null, before = null where i.schema_name = p_schema;
    elsif v_invalid <> '{}' then
        perform sessionbook.refuse(
            'dirty', format('%s is invalid, so %s is not applied', array_to_string(v_invalid, ', '), p_id),
            format('Drop it and try again with: sessionbook resolve %s --retry', p_id)
        );
    else
        perform sessionbook.migrate(p_schema, p_unit, v_known.version, p_id, p_sha256, null);
    end if;
    return jsonb_build_object(
        'state', case when p_sha256 is null then 'pending' else 'applied' end, 'dropped', v_invalid
    );
end
$function$;
comment on function sessionbook.resolve is 'Deletes the record of a migration that died outside a transaction.';
