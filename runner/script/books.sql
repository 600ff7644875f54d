create or replace function pg_temp.sessionbook_exists(p_schema text, p_table text) returns boolean language sql as $sql$
    select exists (
        select from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        where n.nspname = p_schema and c.relname = p_table
    )
$sql$;

create or replace function pg_temp.sessionbook_copy(p_schema text) returns pg_temp.sessionbook_copies
language sql as $sql$
    select c from pg_temp.sessionbook_copies as c where c.schema_name = p_schema
$sql$;

create or replace function pg_temp.sessionbook_registry() returns table (unit text, schema_name text)
language plpgsql as $plpgsql$
begin
    if pg_temp.sessionbook_exists('sessionbook', 'installations') then
        return query execute 'select i.unit, i.schema_name from sessionbook.installations as i';
    end if;
end
$plpgsql$;

create or replace function pg_temp.sessionbook_applied(p_books text) returns table (id text, unit text, sha256 text)
language plpgsql as $plpgsql$
begin
    if pg_temp.sessionbook_exists(p_books, 'migration_hashes') then
        return query execute format(
            'select y.migration_id::text, h.unit, h.sha256 from %1$I._yoyo_migration as y'
            ' left join %1$I.migration_hashes as h on y.migration_id = h.migration_id',
            p_books
        );
    elsif pg_temp.sessionbook_exists(p_books, '_yoyo_migration') then
        return query execute format(
            'select y.migration_id::text, null::text, null::text from %I._yoyo_migration as y', p_books
        );
    end if;
end
$plpgsql$;

create or replace function pg_temp.sessionbook_started(p_books text) returns table (id text)
language plpgsql as $plpgsql$
begin
    if pg_temp.sessionbook_exists(p_books, 'started_migrations') then
        return query execute format('select s.migration_id from %I.started_migrations as s', p_books);
    end if;
end
$plpgsql$;

create or replace function pg_temp.sessionbook_recorded(p_copy pg_temp.sessionbook_copies)
returns table (path text, sha256 text, objects text[]) language plpgsql as $plpgsql$
begin
    if pg_temp.sessionbook_exists(p_copy.books, 'repeatables') then
        return query execute format(
            'select r.path, r.sha256, r.objects from %I.repeatables as r where r.schema_name = $1', p_copy.books
        ) using p_copy.schema_name;
    end if;
end
$plpgsql$;

create or replace procedure pg_temp.sessionbook_make_books(p_copy pg_temp.sessionbook_copies)
language plpgsql as $plpgsql$
begin
    if not pg_temp.sessionbook_exists('sessionbook', 'installations') then
        execute @registry@;
    end if;
    if not exists (select from pg_namespace as n where n.nspname = p_copy.schema_name) then
        execute format('create schema %I', p_copy.schema_name);
    end if;
    if not pg_temp.sessionbook_exists(p_copy.books, @last_table@) then
        execute replace(@books@, '{at}', quote_ident(p_copy.books));
    end if;
end
$plpgsql$;

-- Enters a migration as applied.
create or replace procedure pg_temp.sessionbook_mark(p_copy pg_temp.sessionbook_copies, p_id text)
language plpgsql as $plpgsql$
declare
    -- yoyo's hash of a migration is that of its name.
    v_hash constant text := encode(sha256(convert_to(p_id, 'UTF8')), 'hex');
begin
    execute format(
        'insert into %I._yoyo_log'
        ' (id, migration_hash, migration_id, operation, username, hostname, created_at_utc)'
        ' values (gen_random_uuid(), $1, $2, ''apply'', session_user, $3, clock_timestamp() at time zone ''UTC'')',
        p_copy.books
    ) using v_hash, p_id, coalesce(host(inet_client_addr()), 'local');
    execute format(
        'insert into %I._yoyo_migration (migration_hash, migration_id, applied_at_utc)'
        ' values ($1, $2, clock_timestamp() at time zone ''UTC'')',
        p_copy.books
    ) using v_hash, p_id;
    execute format(
        'insert into %I.migration_hashes (migration_id, unit, sha256)'
        ' select f.id, f.unit, f.sha256 from pg_temp.sessionbook_files as f where f.id = $1'
        ' on conflict (migration_id) do update'
        ' set unit = excluded.unit, sha256 = excluded.sha256, applied_at = excluded.applied_at,'
        ' applied_by = excluded.applied_by',
        p_copy.books
    ) using p_id;
    -- A script that dies before it comes to the repeatables leaves word that they are due.
    execute format('update %I.repeatables set sha256 = null where schema_name = $1', p_copy.books)
    using p_copy.schema_name;
    insert into sessionbook.installations (unit, schema_name, version)
    values (p_copy.unit, p_copy.schema_name, p_id)
    on conflict (schema_name) do update
    set version = excluded.version, applied_at = excluded.applied_at;
end
$plpgsql$;
