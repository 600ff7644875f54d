-- What was applied to this database, in one place for all installations, and the functions that apply it.
do $schema$
begin
    -- `if not exists` wants create on the database also if the schema exists.
    if to_regnamespace('sessionbook') is null then
        create schema sessionbook;
    end if;
    -- Functions of an older version, whatever their arguments were.
    execute coalesce((
        select string_agg(concat('drop routine ', p.oid::regprocedure), ';')
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'sessionbook'::regnamespace
    ), '');
end
$schema$;

comment on schema sessionbook is 'What was applied to this database, and the functions that apply it.';

revoke all on schema sessionbook from public;

create table if not exists sessionbook.settings (
    key text not null,
    value text not null,
    constraint settings_pkey primary key (key)
);
comment on table sessionbook.settings is 'Choices for this database, and the applied version.';
comment on column sessionbook.settings.key is
'roles, cron, citus: true or false; cron_database; engine: its hash; version.';
comment on column sessionbook.settings.value is 'Its value.';

create table if not exists sessionbook.installations (
    schema_name text not null,
    unit text not null,
    version text,
    started text,
    before jsonb,
    role_prefix text not null,
    constraint installations_pkey primary key (schema_name),
    -- Names of roles are built on them.
    constraint installations_length_check check (greatest(octet_length(schema_name), octet_length(role_prefix)) <= 55)
);
comment on table sessionbook.installations is 'Every installed unit.';
comment on column sessionbook.installations.schema_name is 'Schema that it is in.';
comment on column sessionbook.installations.unit is 'What is installed there, such as workshop.';
comment on column sessionbook.installations.version is 'Newest migration applied; null: none yet.';
comment on column sessionbook.installations.started is 'Migration that began outside a transaction.';
comment on column sessionbook.installations.before is 'What the schema held when that began.';
comment on column sessionbook.installations.role_prefix is 'Its roles are this with _app, _writer, _reader, _courier.';

create table if not exists sessionbook.migrations (
    schema_name text not null,
    id text not null,
    sha256 text,
    applied_at timestamptz not null default clock_timestamp(),
    constraint migrations_pkey primary key (schema_name, id),
    constraint migrations_schema_name_fkey foreign key (schema_name) references sessionbook.installations
    on update cascade on delete cascade
);
comment on table sessionbook.migrations is 'Applied migrations of every installation.';
comment on column sessionbook.migrations.schema_name is 'Schema of the installation.';
comment on column sessionbook.migrations.id is 'File name without ending.';
comment on column sessionbook.migrations.sha256 is 'Hash of the file as it was applied, hexadecimal; null: not known.';
comment on column sessionbook.migrations.applied_at is 'When.';

create table if not exists sessionbook.history (
    id bigint generated always as identity,
    schema_name text not null,
    migration_id text not null,
    operation text not null,
    done_at timestamptz not null default clock_timestamp(),
    done_by text not null default session_user,
    constraint history_pkey primary key (id),
    constraint history_operation_check check (operation in ('apply', 'mark', 'rollback'))
);
comment on table sessionbook.history is 'Every migration that was applied, marked as applied or rolled back.';
comment on column sessionbook.history.id is 'Key.';
comment on column sessionbook.history.schema_name is 'Schema of the installation, as it was called then.';
comment on column sessionbook.history.migration_id is 'Id of the migration.';
comment on column sessionbook.history.operation is 'apply, mark or rollback.';
comment on column sessionbook.history.done_at is 'When.';
comment on column sessionbook.history.done_by is 'Role that did it.';

create table if not exists sessionbook.files (
    schema_name text not null,
    path text not null,
    sha256 text,
    constraint files_pkey primary key (schema_name, path),
    constraint files_schema_name_fkey foreign key (schema_name) references sessionbook.installations
    on update cascade on delete cascade
);
comment on table sessionbook.files is 'Functions, views, triggers and grants of every installation as last applied.';
comment on column sessionbook.files.schema_name is 'Schema of the installation.';
comment on column sessionbook.files.path is 'Path of the file in the package.';
comment on column sessionbook.files.sha256 is 'Hash of the file, hexadecimal; null: is to be applied again.';

create table if not exists sessionbook.objects (
    schema_name text not null,
    identity text not null,
    definition text not null,
    server_major integer not null default current_setting('server_version_num')::integer / 10000,
    constraint objects_pkey primary key (schema_name, identity),
    constraint objects_schema_name_fkey foreign key (schema_name) references sessionbook.installations
    on update cascade on delete cascade
);
comment on table sessionbook.objects is 'Every object as the last deploy left it, to notice a change by hand.';
comment on column sessionbook.objects.schema_name is 'Schema of the installation.';
comment on column sessionbook.objects.identity is 'What it is, such as column sessions.status.';
comment on column sessionbook.objects.definition is 'How it was defined.';
comment on column sessionbook.objects.server_major is 'Version of PostgreSQL that worded it.';

create table if not exists sessionbook.adoptions (
    schema_name text not null,
    adopted_as text not null,
    source text not null,
    tables text[] not null,
    undo text[] not null,
    constraint adoptions_pkey primary key (schema_name),
    constraint adoptions_schema_name_fkey foreign key (schema_name) references sessionbook.installations
    on update cascade on delete cascade
);
comment on table sessionbook.adoptions is 'Installations whose tables came from an application.';
comment on column sessionbook.adoptions.schema_name is 'Schema of the installation.';
comment on column sessionbook.adoptions.adopted_as is 'Its name when it was adopted, which undo uses.';
comment on column sessionbook.adoptions.source is 'Schema that the tables came from.';
comment on column sessionbook.adoptions.tables is 'Their names.';
comment on column sessionbook.adoptions.undo is 'Statements that undo the adoption, in order.';

create table if not exists sessionbook.moves (
    schema_name text not null,
    id uuid not null,
    unit text not null,
    direction text not null,
    step text not null,
    place text not null,
    dsn text,
    enabled boolean,
    changed_at timestamptz not null default clock_timestamp(),
    constraint moves_pkey primary key (schema_name),
    constraint moves_direction_check check (direction in ('out', 'in')),
    constraint moves_step_check check (step in ('begun', 'closed', 'copied', 'moved'))
);
comment on table sessionbook.moves is 'Installations that move, or moved last, to or from another server.';
comment on column sessionbook.moves.schema_name is 'Schema of the installation.';
comment on column sessionbook.moves.id is 'The same on both servers.';
comment on column sessionbook.moves.unit is 'What is installed there.';
comment on column sessionbook.moves.direction is 'out: it leaves this database; in: it comes.';
comment on column sessionbook.moves.step is 'begun; closed to writers (out); copied, still closed (in); moved.';
comment on column sessionbook.moves.place is 'The other server and database.';
comment on column sessionbook.moves.dsn is 'How to connect to it, without a password.';
comment on column sessionbook.moves.enabled is 'Whether its clock was on; null: it had none.';
comment on column sessionbook.moves.changed_at is 'When it came to this step.';

-- What `yoyo list` reads: a migration counts as applied if every installation of its unit has it.
create or replace view sessionbook._yoyo_migration with (security_invoker = true) as
select
    encode(sha256(convert_to(m.id, 'UTF8')), 'hex')::varchar(64) as migration_hash,
    m.id::varchar(255) as migration_id,
    max(m.applied_at) at time zone 'UTC' as applied_at_utc
from sessionbook.migrations as m
inner join sessionbook.installations as i on m.schema_name = i.schema_name
group by i.unit, m.id
having count(*) = (select count(*) from sessionbook.installations as o where o.unit = i.unit and o.version is not null);
comment on view sessionbook._yoyo_migration is 'Applied migrations, in the format of yoyo-migrations 9.';
comment on column sessionbook._yoyo_migration.migration_hash is 'Hash of the id; says nothing of the content.';
comment on column sessionbook._yoyo_migration.migration_id is 'File name without ending.';
comment on column sessionbook._yoyo_migration.applied_at_utc is 'When it was applied, UTC.';

create or replace view sessionbook._yoyo_version with (security_invoker = true) as
select v.version, v.installed_at_utc
from (values (2, null::timestamp)) as v (version, installed_at_utc);
comment on view sessionbook._yoyo_version is 'Format of the view above.';
comment on column sessionbook._yoyo_version.version is 'Its number.';
comment on column sessionbook._yoyo_version.installed_at_utc is 'Not kept.';

revoke all on all tables in schema sessionbook from public;

create function sessionbook.refuse(p_key text, p_message text, p_hint text, p_detail text default '') returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
begin
    raise exception using
        errcode = case p_key
            when 'locked' then 'lock_not_available'
            when 'occupied' then 'duplicate_schema'
            when 'blocked' then 'dependent_objects_still_exist'
            else 'object_not_in_prerequisite_state'
        end,
        constraint = 'sessionbook_' || p_key, message = p_message, hint = p_hint, detail = p_detail;
end
$function$;
comment on function sessionbook.refuse is 'Raises an error; clients know it by its constraint, sessionbook_<key>.';

-- Refuses what a move does not go with. p_states: direction and step of such moves.
create function sessionbook.refuse_moving(p_schema text, p_states text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_move constant sessionbook.moves := (
        select m
        from sessionbook.moves as m
        where m.schema_name = p_schema and concat_ws(' ', m.direction, m.step) = any(p_states)
    );
begin
    if v_move.step = 'moved' then
        perform sessionbook.refuse(
            'moved', format('schema %s has moved to %s', p_schema, v_move.place),
            'Deploy to that server. For a new installation choose another schema.'
        );
    elsif v_move.id is not null then
        perform sessionbook.refuse(
            'usage', format(
                'schema %s is on the way %s %s', p_schema, case v_move.direction when 'in' then 'from' else 'to' end,
                v_move.place
            ),
            format('Go on with that until it is done, or take it back: sessionbook move %s --back', p_schema)
        );
    end if;
end
$function$;
comment on function sessionbook.refuse_moving is 'Refuses what a move does not go with: 55000.';

-- Enters an installation that is about to be made. Its roles are called after its schema unless p_prefix says
-- otherwise; those of a unit in its own schema are sessionbook_app and so on. If the schema gets another name they keep
-- theirs.
create function sessionbook.enter(p_schema text, p_unit text, p_prefix text default null) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    perform sessionbook.refuse_moving(p_schema, '{out moved}');
    insert into sessionbook.installations as i (schema_name, unit, role_prefix)
    values (p_schema, p_unit, coalesce(p_prefix, case when p_schema = p_unit then 'sessionbook' else p_schema end))
    on conflict (schema_name) do update set role_prefix = coalesce(p_prefix, i.role_prefix) where i.version is null;
    if p_prefix not in (select i.role_prefix from sessionbook.installations as i where i.schema_name = p_schema) then
        perform sessionbook.refuse(
            'usage', format('the roles of schema %s have another prefix than %s', p_schema, p_prefix),
            'The prefix is chosen when an installation is made. Leave it out.'
        );
    end if;
end
$function$;
comment on function sessionbook.enter is 'Enters an installation; 55000: it has moved, or other roles.';

-- Roles to which files grant something: public, the shared roles, those of every installation.
create function sessionbook.grantees() returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $function$
select unnest('{public,sessionbook_common,sessionbook_clock,sessionbook_monitor}'::text[])
union
select quote_ident(i.role_prefix || r.name)
from sessionbook.installations as i
cross join (values ('_app'), ('_writer'), ('_reader'), ('_courier')) as r (name)
where i.unit <> 'lifecycle'
$function$;
comment on function sessionbook.grantees is 'Names of public and of roles of ours.';
