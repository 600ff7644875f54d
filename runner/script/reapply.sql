-- Drops what earlier runs made and this one does not; true where something of ours had bound to it and went along.
create or replace function pg_temp.sessionbook_drop_orphans(p_schema text, p_orphans text[]) returns boolean
language plpgsql as $plpgsql$
declare
    v_seeds constant pg_temp.sessionbook_object[] := array(
        select o from pg_temp.sessionbook_objects(p_schema) as o where o.identity = any(p_orphans)
    );
    v_hanging constant pg_temp.sessionbook_object[] := array(
        select h from pg_temp.sessionbook_hanging(p_schema, v_seeds, pg_temp.sessionbook_ours()) as h
    );
begin
    call pg_temp.sessionbook_drop(v_hanging || v_seeds);
    insert into pg_temp.sessionbook_dropped (identity) select o.name from unnest(p_orphans) as o (name);
    return v_hanging <> '{}';
end
$plpgsql$;

-- Drops already now what the files run so far, and those that are gone, made earlier and make no more; false: nothing.
create or replace function pg_temp.sessionbook_drop_old_signatures(p_copy pg_temp.sessionbook_copies) returns boolean
language plpgsql as $plpgsql$
declare
    v_old constant text[] := array(
        select o.name
        from pg_temp.sessionbook_recorded(p_copy) as r
        cross join lateral unnest(r.objects) as o (name)
        inner join pg_temp.sessionbook_objects(p_copy.schema_name) as present on present.identity = o.name
        where not exists (
                select from pg_temp.sessionbook_files as f
                where f.unit = p_copy.unit and f.kind not in ('migrations', 'skipped') and f.path = r.path
                    and f.path not in (select d.path from pg_temp.sessionbook_done as d)
            )
            and o.name not in (select m.identity from pg_temp.sessionbook_made as m)
    );
begin
    if v_old = '{}' then
        return false;
    end if;
    perform pg_temp.sessionbook_drop_orphans(p_copy.schema_name, v_old);
    return true;
end
$plpgsql$;

-- Drops what must go before a file can be applied: its own objects, and ours that depend on them; false: nothing.
create or replace function pg_temp.sessionbook_make_way_for(
    p_copy pg_temp.sessionbook_copies, p_file pg_temp.sessionbook_files, p_reason text
) returns boolean language plpgsql as $plpgsql$
declare
    v_seeds constant pg_temp.sessionbook_object[] := array(
        select o
        from pg_temp.sessionbook_objects(p_copy.schema_name) as o
        where o.identity = any(pg_temp.sessionbook_ours())
            and not o.identity ^@ 'trigger '
            and (
                split_part(substr(o.identity, strpos(o.identity, ' ') + 1), '(', 1) = p_file.quoted
                or exists (
                    select from pg_temp.sessionbook_recorded(p_copy) as r
                    where r.path = p_file.path and o.identity = any(r.objects)
                )
            )
    );
begin
    if v_seeds = '{}' then
        return false;
    end if;
    call pg_temp.sessionbook_clear(p_copy.schema_name, v_seeds, pg_temp.sessionbook_ours(), p_reason);
    return true;
end
$plpgsql$;

-- Runs the files, from the first again after every drop that one of them called for; notes what each made.
create or replace procedure pg_temp.sessionbook_run_files(p_copy pg_temp.sessionbook_copies, p_drop boolean)
language plpgsql as $plpgsql$
declare
    v_rebuilt text[] := '{}';
    v_again boolean := true;
    v_before pg_temp.sessionbook_object[];
    v_after pg_temp.sessionbook_object[];
    v_file pg_temp.sessionbook_files;
    v_code text;
    v_message text;
begin
    while v_again loop
        v_again := false;
        delete from pg_temp.sessionbook_made;
        delete from pg_temp.sessionbook_done;
        v_before := array(select o from pg_temp.sessionbook_objects(p_copy.schema_name) as o);
        for v_file in
            select f.*
            from pg_temp.sessionbook_files as f
            where f.unit = p_copy.unit and f.kind not in ('migrations', 'skipped')
            order by f.place
        loop
            begin
                call pg_temp.sessionbook_use_schema(p_copy);
                -- So that PostgreSQL's messages name the file, and count its lines right.
                execute concat('/* ', v_file.path, ' */ ', v_file.content);
            exception
                -- The columns of a view, or the result or kind of a routine, changed in a way that replacing cannot
                -- do; or a call fits an old signature too.
                when sqlstate '42P16' or sqlstate '42P13' or sqlstate '42809' or sqlstate '42725' then
                    get stacked diagnostics v_code = returned_sqlstate, v_message = message_text;
                    if v_file.path = any(v_rebuilt) then
                        raise;
                    end if;
                    v_rebuilt := v_rebuilt || v_file.path;
                    if v_code = '42725' then
                        v_again := p_drop and pg_temp.sessionbook_drop_old_signatures(p_copy);
                    else
                        v_again := pg_temp.sessionbook_make_way_for(p_copy, v_file, v_message);
                    end if;
                    if not v_again then
                        raise;
                    end if;
            end;
            exit when v_again;
            v_after := array(select o from pg_temp.sessionbook_objects(p_copy.schema_name) as o);
            -- A grant touches an object, perhaps a migration's, and makes none. What PostgreSQL cannot replace, its
            -- file leaves alone where it stands: told by the comment on it.
            insert into pg_temp.sessionbook_made (path, identity)
            select v_file.path, a.identity
            from unnest(v_after) as a
            left join unnest(v_before) as b on b.identity = a.identity
            where v_file.kind <> 'grants'
                and (
                    a is distinct from b
                    or v_file.content ~ concat('\ycomment on ', pg_temp.sessionbook_escaped(a.identity), '(?!\w)')
                );
            insert into pg_temp.sessionbook_done (path) values (v_file.path);
            v_before := v_after;
        end loop;
    end loop;
end
$plpgsql$;

-- Gives saved grants again on the objects that came back; a column that is gone takes its grant along.
create or replace procedure pg_temp.sessionbook_grant_again(p_schema text) language plpgsql as $plpgsql$
declare
    v_statement text;
begin
    for v_statement in
        select g.statement
        from pg_temp.sessionbook_grants as g
        inner join pg_temp.sessionbook_objects(p_schema) as o on o.identity = g.identity
    loop
        begin
            execute v_statement;
        exception
            when undefined_column then null;
        end;
    end loop;
    delete from pg_temp.sessionbook_grants;
end
$plpgsql$;

-- Replaces what the books say of a copy's repeatables. Orphans that stay are left with the file that made them.
create or replace procedure pg_temp.sessionbook_record_repeatables(
    p_copy pg_temp.sessionbook_copies, p_kept text[]
) language plpgsql as $plpgsql$
begin
    -- Before the rows that it is read from are deleted.
    insert into pg_temp.sessionbook_entries (path, sha256, objects)
    with old as (
        select r.path, array(
            select o.name
            from unnest(r.objects) with ordinality as o (name, place)
            where o.name = any(p_kept)
            order by o.place
        ) as kept
        from pg_temp.sessionbook_recorded(p_copy) as r
    ),
    present as (
        select f.path, f.sha256, array(
            select m.identity from pg_temp.sessionbook_made as m where m.path = f.path order by m.identity collate "C"
        ) as made
        from pg_temp.sessionbook_files as f
        where f.unit = p_copy.unit and f.kind not in ('migrations', 'skipped')
    )
    select
        coalesce(p.path, o.path) as path,
        case when coalesce(o.kept, '{}') = '{}' then p.sha256 end as sha256,
        coalesce(p.made, '{}') || coalesce(o.kept, '{}') as objects
    from present as p
    full join old as o on o.path = p.path
    where p.path is not null or o.kept <> '{}';
    execute format('delete from %I.repeatables where schema_name = $1', p_copy.books) using p_copy.schema_name;
    execute format(
        'insert into %I.repeatables (unit, schema_name, path, sha256, objects)'
        ' select $1, $2, e.path, e.sha256, e.objects from pg_temp.sessionbook_entries as e',
        p_copy.books
    ) using p_copy.unit, p_copy.schema_name;
    delete from pg_temp.sessionbook_entries;
end
$plpgsql$;

-- Applies every file of a copy, and drops what the package made before and makes no more, or keeps it in the books as
-- due.
create or replace procedure pg_temp.sessionbook_reapply(p_schema text, p_drop boolean) language plpgsql as $plpgsql$
declare
    v_copy constant pg_temp.sessionbook_copies := pg_temp.sessionbook_copy(p_schema);
    v_orphans text[];
    v_made pg_temp.sessionbook_object[];
    v_present text[];
    v_confirmed text[];
    v_gone text[];
begin
    call pg_temp.sessionbook_make_books(v_copy);
    call pg_temp.sessionbook_follow(v_copy);
    call pg_temp.sessionbook_use_schema(v_copy);
    call pg_temp.sessionbook_remember(v_copy);
    call pg_temp.sessionbook_run_files(v_copy, p_drop);
    v_orphans := array(
        select e.identity
        from pg_temp.sessionbook_earlier as e
        inner join pg_temp.sessionbook_objects(p_schema) as o on o.identity = e.identity
        where e.identity not in (select m.identity from pg_temp.sessionbook_made as m)
        order by e.identity collate "C"
    );
    if p_drop and v_orphans <> '{}' then
        if pg_temp.sessionbook_drop_orphans(p_schema, v_orphans) then
            call pg_temp.sessionbook_run_files(v_copy, p_drop);
        end if;
        v_orphans := '{}';
    end if;
    call pg_temp.sessionbook_grant_again(p_schema);
    call pg_temp.sessionbook_record_repeatables(v_copy, v_orphans);
    -- Lets the tick move a copy that has something to move; a clock that an operator paused stays paused.
    if v_copy.unit <> @shared@
        and to_regprocedure(v_copy.quoted || '.apply_step(text, text[], timestamptz)') is not null
        and to_regprocedure('lifecycle.register_clock(text, text)') is not null
    then
        execute 'select lifecycle.register_clock($1, $2)' using v_copy.schema_name, v_copy.unit;
    end if;
    select
        array_agg(o) filter (where o.identity in (select m.identity from pg_temp.sessionbook_made as m)),
        coalesce(array_agg(o.identity), '{}')
    into v_made, v_present
    from pg_temp.sessionbook_objects(p_schema) as o;
    v_gone := array(
        select e.identity from pg_temp.sessionbook_earlier as e where e.identity <> all(v_present)
    );
    call pg_temp.sessionbook_record_changes(v_copy);
    -- From here on types of arguments are written in full, as they are in the definitions.
    v_confirmed := array(
        select o.identity
        from pg_temp.sessionbook_objects(p_schema) as o
        inner join unnest(v_made) as m on m.classid = o.classid and m.oid = o.oid
    );
    call pg_temp.sessionbook_confirm(v_copy, v_confirmed, v_gone);
    delete from pg_temp.sessionbook_dropped as d where d.identity = any(v_present);
end
$plpgsql$;

-- Takes away what the shared unit has no more, once every copy that may have used it is up to date.
create or replace procedure pg_temp.sessionbook_drop_shared_orphans() language plpgsql as $plpgsql$
declare
    v_copy constant pg_temp.sessionbook_copies := pg_temp.sessionbook_copy(@shared@);
begin
    if v_copy.due
        and not exists (
            select from pg_temp.sessionbook_registry() as r
            where not exists (
                select from pg_temp.sessionbook_copies as c where c.unit = r.unit and c.schema_name = r.schema_name
            )
        )
        and exists (
            select from pg_temp.sessionbook_recorded(v_copy) as r
            where r.sha256 is null
                or r.path not in (
                    select f.path from pg_temp.sessionbook_files as f where f.kind not in ('migrations', 'skipped')
                )
        )
    then
        call pg_temp.sessionbook_reapply(@shared@, true);
    end if;
end
$plpgsql$;
