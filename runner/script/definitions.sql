-- What a schema holds, every object an item with what it is said to be.
create or replace function pg_temp.sessionbook_take(p_schema text) returns table (identity text, definition text)
language sql as @items@;

create or replace function pg_temp.sessionbook_definitions(p_copy pg_temp.sessionbook_copies)
returns table (identity text, definition text) language plpgsql as $plpgsql$
begin
    return query execute format(
        'select d.object, d.definition from %I.object_definitions as d where d.schema_name = $1', p_copy.books
    ) using p_copy.schema_name;
end
$plpgsql$;

-- Takes every schema but pg_catalog off the search_path, until the transaction ends.
create or replace procedure pg_temp.sessionbook_bare_path() language plpgsql as $plpgsql$
begin
    perform set_config('search_path', 'pg_catalog, pg_temp', true);
end
$plpgsql$;

create or replace procedure pg_temp.sessionbook_use_schema(p_copy pg_temp.sessionbook_copies)
language plpgsql as $plpgsql$
begin
    perform set_config('search_path', p_copy.quoted || ', pg_temp', true);
end
$plpgsql$;

-- Keeps how objects are defined now, and forgets those that are gone.
create or replace procedure pg_temp.sessionbook_record_definitions(
    p_copy pg_temp.sessionbook_copies, p_present text[], p_definitions text[], p_gone text[]
) language plpgsql as $plpgsql$
begin
    execute format(
        'delete from %I.object_definitions where schema_name = $1 and object = any($2 || $3)', p_copy.books
    ) using p_copy.schema_name, p_present, p_gone;
    execute format(
        'insert into %I.object_definitions (schema_name, object, definition, server_major)'
        ' select $1, d.object, d.definition, current_setting(''server_version_num'')::integer / 10000'
        ' from unnest($2, $3) as d (object, definition)',
        p_copy.books
    ) using p_copy.schema_name, p_present, p_definitions;
end
$plpgsql$;

-- Looks how the copy is before something changes.
create or replace procedure pg_temp.sessionbook_follow(p_copy pg_temp.sessionbook_copies) language plpgsql as $plpgsql$
declare
    v_present text[];
    v_definitions text[];
begin
    call pg_temp.sessionbook_bare_path();
    delete from pg_temp.sessionbook_items;
    insert into pg_temp.sessionbook_items (identity, definition)
    select t.identity, t.definition from pg_temp.sessionbook_take(p_copy.schema_name) as t;
    -- Books that are older than their table of definitions: what stands is all there is to go by.
    if not exists (select from pg_temp.sessionbook_definitions(p_copy)) then
        select coalesce(array_agg(i.identity), '{}'), coalesce(array_agg(i.definition), '{}')
        into v_present, v_definitions
        from pg_temp.sessionbook_items as i;
        call pg_temp.sessionbook_record_definitions(p_copy, v_present, v_definitions, '{}');
    end if;
end
$plpgsql$;

-- A definition with the owner that another one names, or none.
create or replace function pg_temp.sessionbook_owned_as(p_definition text, p_other text) returns text
language sql as $sql$
    select concat_ws(
        E'\n',
        nullif(regexp_replace(p_definition, '(^|\n)owner: [^\n]*$', ''), ''),
        substring(p_other from '(?:^|\n)(owner: [^\n]*)$')
    )
$sql$;

-- Enters in the books what has changed since; what was changed by hand before goes on being noticed.
create or replace procedure pg_temp.sessionbook_record_changes(p_copy pg_temp.sessionbook_copies)
language plpgsql as $plpgsql$
declare
    v_present text[];
    v_definitions text[];
    v_gone text[];
begin
    call pg_temp.sessionbook_bare_path();
    with now_there as materialized (
        select t.identity, t.definition from pg_temp.sessionbook_take(p_copy.schema_name) as t
    )
    select
        coalesce(array_agg(n.identity) filter (where c.changed), '{}'),
        coalesce(
            array_agg(
                case
                    -- Replacing leaves an object to whom it was given by hand.
                    when i.identity is not null
                        and pg_temp.sessionbook_owned_as(n.definition, i.definition) = n.definition
                        then pg_temp.sessionbook_owned_as(n.definition, coalesce(k.definition, n.definition))
                    else n.definition
                end
            ) filter (where c.changed),
            '{}'
        ),
        coalesce(array_agg(i.identity) filter (where n.identity is null), '{}')
    into v_present, v_definitions, v_gone
    from now_there as n
    full join pg_temp.sessionbook_items as i on i.identity = n.identity
    left join pg_temp.sessionbook_definitions(p_copy) as k on k.identity = n.identity
    cross join lateral (
        select n.identity is not null and n.definition is distinct from i.definition as changed
    ) as c;
    call pg_temp.sessionbook_record_definitions(p_copy, v_present, v_definitions, v_gone);
end
$plpgsql$;

-- Enters objects as they stand, whatever the books said: they have just been made from their files. Grants only where
-- the books know of none: a file adds what it grants, and takes nothing back that was granted by hand; nor does it
-- give an object back to its owner.
create or replace procedure pg_temp.sessionbook_confirm(
    p_copy pg_temp.sessionbook_copies, p_made text[], p_gone text[]
) language plpgsql as $plpgsql$
declare
    v_first constant boolean := not exists (
        select from pg_temp.sessionbook_definitions(p_copy) as d where starts_with(d.identity, 'grant to ')
    );
    v_views constant text[] := array(select substr(m.name, 6) from unnest(p_made) as m (name) where m.name ^@ 'view ');
    v_present text[];
    v_definitions text[];
begin
    select
        coalesce(array_agg(t.identity), '{}'),
        coalesce(
            array_agg(pg_temp.sessionbook_owned_as(t.definition, coalesce(k.definition, t.definition))), '{}'
        )
    into v_present, v_definitions
    from pg_temp.sessionbook_take(p_copy.schema_name) as t
    left join pg_temp.sessionbook_definitions(p_copy) as k on k.identity = t.identity
    cross join lateral (
        select trim(both '"' from split_part(substr(t.identity, 10), ' on ', 1)) as name
    ) as grantee
    where t.identity = any(p_made)
        or (t.identity ^@ 'column ' and split_part(substr(t.identity, 8), '.', 1) = any(v_views))
        or (v_first and t.identity = 'schema')
        or (v_first and t.identity ^@ 'grant to ' and (grantee.name = 'public' or grantee.name ^@ @ours@));
    call pg_temp.sessionbook_record_definitions(p_copy, v_present, v_definitions, p_gone);
end
$plpgsql$;
