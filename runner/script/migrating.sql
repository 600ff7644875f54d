create or replace procedure pg_temp.sessionbook_begin(p_schema text) language plpgsql as $plpgsql$
declare
    v_copy constant pg_temp.sessionbook_copies := pg_temp.sessionbook_copy(p_schema);
begin
    call pg_temp.sessionbook_make_books(v_copy);
    call pg_temp.sessionbook_follow(v_copy);
    call pg_temp.sessionbook_use_schema(v_copy);
end
$plpgsql$;

create or replace procedure pg_temp.sessionbook_finish(p_schema text, p_id text) language plpgsql as $plpgsql$
declare
    v_copy constant pg_temp.sessionbook_copies := pg_temp.sessionbook_copy(p_schema);
begin
    call pg_temp.sessionbook_record_changes(v_copy);
    call pg_temp.sessionbook_mark(v_copy, p_id);
end
$plpgsql$;

-- Notes that a migration is about to begin outside a transaction.
create or replace procedure pg_temp.sessionbook_start(p_schema text, p_id text) language plpgsql as $plpgsql$
declare
    v_copy constant pg_temp.sessionbook_copies := pg_temp.sessionbook_copy(p_schema);
begin
    call pg_temp.sessionbook_make_books(v_copy);
    execute format(
        'insert into %I.started_migrations (migration_id, unit, sha256)'
        ' select f.id, f.unit, f.sha256 from pg_temp.sessionbook_files as f where f.id = $1',
        v_copy.books
    ) using p_id;
    call pg_temp.sessionbook_follow(v_copy);
    delete from pg_temp.sessionbook_invalid;
    insert into pg_temp.sessionbook_invalid (oid)
    select i.oid from pg_temp.sessionbook_invalid_indexes(v_copy) as i;
end
$plpgsql$;

create or replace function pg_temp.sessionbook_invalid_indexes(p_copy pg_temp.sessionbook_copies)
returns table (oid oid, name text) language sql as $sql$
    select i.indexrelid, o.relname
    from pg_index as i
    inner join pg_class as o on i.indexrelid = o.oid
    inner join pg_namespace as n on o.relnamespace = n.oid
    where n.nspname = p_copy.schema_name and not i.indisvalid
$sql$;

create or replace procedure pg_temp.sessionbook_end(p_schema text, p_id text) language plpgsql as $plpgsql$
declare
    v_copy constant pg_temp.sessionbook_copies := pg_temp.sessionbook_copy(p_schema);
    v_path text;
    v_broken text;
begin
    -- `if not exists` takes an index that an earlier attempt left invalid for the one that it should make.
    select f.path, string_agg(i.name, ', ' order by i.name)
    into v_path, v_broken
    from pg_temp.sessionbook_invalid_indexes(v_copy) as i
    inner join pg_temp.sessionbook_files as f on f.id = p_id
    where i.oid not in (select k.oid from pg_temp.sessionbook_invalid as k)
        or f.content ~ concat('(?<!\w)', pg_temp.sessionbook_escaped(i.name), '(?!\w)')
    group by f.path;
    if v_broken is not null then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = format('%s ran, and left these indexes invalid: %s', v_path, v_broken),
            hint = format(
                'Drop them, then: sessionbook resolve %s --retry. Without Python: delete its row from '
                '%I.started_migrations.',
                p_id, v_copy.books
            );
    end if;
    call pg_temp.sessionbook_record_changes(v_copy);
    execute format('delete from %I.started_migrations where migration_id = $1', v_copy.books) using p_id;
    call pg_temp.sessionbook_mark(v_copy, p_id);
end
$plpgsql$;
