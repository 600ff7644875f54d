-- A name as a pattern that matches nothing but the name.
create or replace function pg_temp.sessionbook_escaped(p_name text) returns text language sql as $sql$
    select regexp_replace(p_name, '[^\w\s]', '\\\&', 'g')
$sql$;

create or replace function pg_temp.sessionbook_objects(p_schema text) returns setof pg_temp.sessionbook_object
language sql as @objects@;

-- Everything that could not stay if the seeds went, the seeds themselves left out.
create or replace function pg_temp.sessionbook_dependents(p_seeds pg_temp.sessionbook_object[])
returns table (classid oid, oid oid, description text) language sql as @dependents@;

-- Grants on a function or view to roles that are neither ours nor the owner.
create or replace function pg_temp.sessionbook_foreign_grants(p_object pg_temp.sessionbook_object)
returns table (privilege text, column_name text, grantee text, grantable boolean) language sql as @grants@;

-- Drops objects in whatever order their dependencies ask for, never by cascade; keeps the grants on them.
create or replace procedure pg_temp.sessionbook_drop(p_objects pg_temp.sessionbook_object[])
language plpgsql as $plpgsql$
declare
    v_remaining pg_temp.sessionbook_object[] := p_objects;
    v_blocked pg_temp.sessionbook_object[];
    v_object pg_temp.sessionbook_object;
    v_detail text;
begin
    insert into pg_temp.sessionbook_grants (identity, statement)
    select o.identity, format(
        'grant %s%s on %s to %s%s',
        g.privilege,
        ' (' || g.column_name || ')',
        case when o.full_name ^@ 'view ' then substr(o.full_name, 6) else o.full_name end,
        g.grantee,
        case when g.grantable then ' with grant option' end
    )
    from unnest(p_objects) as o
    cross join lateral pg_temp.sessionbook_foreign_grants(o) as g;
    while cardinality(v_remaining) > 0 loop
        v_blocked := '{}';
        foreach v_object in array v_remaining loop
            begin
                execute 'drop ' || v_object.full_name;
            exception
                when dependent_objects_still_exist then
                    get stacked diagnostics v_detail = pg_exception_detail;
                    v_blocked := v_blocked || v_object;
            end;
        end loop;
        if cardinality(v_blocked) = cardinality(v_remaining) then
            raise exception using
                errcode = 'dependent_objects_still_exist',
                message = format(
                    'cannot drop %s: something else depends on it',
                    (select string_agg(b.identity, ', ') from unnest(v_blocked) as b)
                ),
                detail = v_detail,
                hint = 'Drop or change what depends on it, then run this script again.';
        end if;
        v_remaining := v_blocked;
    end loop;
end
$plpgsql$;

-- What of ours depends on the seeds.
create or replace function pg_temp.sessionbook_hanging(
    p_schema text, p_seeds pg_temp.sessionbook_object[], p_ours text[]
) returns setof pg_temp.sessionbook_object language sql as $sql$
    select o.*
    from pg_temp.sessionbook_objects(p_schema) as o
    inner join pg_temp.sessionbook_dependents(p_seeds) as d on d.classid = o.classid and d.oid = o.oid
    where o.identity = any(p_ours)
    order by d.description
$sql$;

-- Drops the seeds, which are to be made again, with what hangs on them of ours.
create or replace procedure pg_temp.sessionbook_clear(
    p_schema text, p_seeds pg_temp.sessionbook_object[], p_ours text[], p_reason text
) language plpgsql as $plpgsql$
declare
    v_hanging constant pg_temp.sessionbook_object[] := array(
        select h from pg_temp.sessionbook_hanging(p_schema, p_seeds, p_ours) as h
    );
    v_foreign text;
begin
    select string_agg(d.description, ', ' order by d.description)
    into v_foreign
    from pg_temp.sessionbook_dependents(p_seeds) as d
    where not exists (select from unnest(v_hanging) as h where h.classid = d.classid and h.oid = d.oid);
    if v_foreign is not null then
        raise exception using
            errcode = 'dependent_objects_still_exist',
            message = format(
                '%s has to be dropped and made again, but something else depends on it',
                (select string_agg(s.identity, ', ') from unnest(p_seeds) as s)
            ),
            detail = format('%sDepending on it: %s.', p_reason || '. ', v_foreign),
            hint = 'Drop what depends on it, run this script again, and make it again.';
    end if;
    call pg_temp.sessionbook_drop(v_hanging || p_seeds);
end
$plpgsql$;

-- Notes what earlier runs made in the copy.
create or replace procedure pg_temp.sessionbook_remember(p_copy pg_temp.sessionbook_copies)
language plpgsql as $plpgsql$
begin
    delete from pg_temp.sessionbook_earlier;
    insert into pg_temp.sessionbook_earlier (identity)
    select distinct o.name
    from pg_temp.sessionbook_recorded(p_copy) as r
    cross join lateral unnest(r.objects) as o (name);
    delete from pg_temp.sessionbook_made;
    delete from pg_temp.sessionbook_dropped;
end
$plpgsql$;

-- What is ours by now: made earlier, or in this run.
create or replace function pg_temp.sessionbook_ours() returns text[] language sql as $sql$
    select array(
        select e.identity from pg_temp.sessionbook_earlier as e
        union
        select m.identity from pg_temp.sessionbook_made as m
    )
$sql$;

-- Takes views and functions of ours out of the way of a migration that alters what they stand on.
create or replace procedure pg_temp.sessionbook_make_way(p_schema text, p_id text) language plpgsql as $plpgsql$
declare
    v_copy constant pg_temp.sessionbook_copies := pg_temp.sessionbook_copy(p_schema);
    v_seeds pg_temp.sessionbook_object[];
begin
    call pg_temp.sessionbook_use_schema(v_copy);
    call pg_temp.sessionbook_remember(v_copy);
    v_seeds := array(
        select o
        from pg_temp.sessionbook_objects(p_schema) as o
        inner join pg_temp.sessionbook_earlier as e on e.identity = o.identity
        inner join pg_temp.sessionbook_files as f on f.id = p_id
        where concat(
            split_part(o.identity, ' ', 1), 's/',
            split_part(substr(o.identity, strpos(o.identity, ' ') + 1), '(', 1)
        ) = any(f.rebuild)
    );
    call pg_temp.sessionbook_clear(p_schema, v_seeds, pg_temp.sessionbook_ours(), null);
end
$plpgsql$;
