-- An installation moves to another server. A row on each side stores its step: each step commits, and the next one
-- continues from there, in any session. Until the old side says `moved` nobody can write on the new one, and after that
-- nobody on the old one.

-- Runs statements that lock a table on every table of a schema, or on none. p_statements: %1$s stands for the table.
create function sessionbook.run_on_tables(p_schema text, p_statements text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    perform sessionbook.lock_each(array(
        select format(p_statements, c.oid::regclass)
        from pg_class as c
        where c.relnamespace = to_regnamespace(quote_ident(p_schema)) and c.relkind in ('r', 'p')
        order by c.oid::regclass::text collate "C"
    ));
end
$function$;
comment on function sessionbook.run_on_tables is 'Runs statements on all tables of a schema; 55P03: one is locked.';

-- Keeps writers out: those at work are waited for, those who come are refused; also those who set
-- session_replication_role to replica. p_place: where it has moved to; null: it is under way.
create function sessionbook.close(p_schema text, p_place text default null) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    perform sessionbook.run_on_tables(p_schema, format(
        'create or replace trigger aaa_moved before insert or update or delete or truncate on %%1$s '
        'execute function lifecycle.refuse_moved(%s); alter table %%1$s enable always trigger aaa_moved',
        replace(quote_literal(p_place), '%', '%%')
    ));
end
$function$;
comment on function sessionbook.close is 'Refuses writes to an installation; 55P03: a writer does not end.';

create function sessionbook.open(p_schema text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    perform sessionbook.run_on_tables(p_schema, 'drop trigger if exists aaa_moved on %1$s');
end
$function$;
comment on function sessionbook.open is 'Allows writes again.';

-- On the old server: begins a move, or finds the one that was begun.
create function sessionbook.depart(p_schema text, p_place text, p_dsn text) returns sessionbook.moves
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_move sessionbook.moves;
begin
    perform sessionbook.hold();
    insert into sessionbook.moves as m (schema_name, id, unit, direction, step, place, dsn)
    select i.schema_name, gen_random_uuid(), i.unit, 'out', 'begun', p_place, p_dsn
    from sessionbook.installations as i
    where i.schema_name = p_schema and i.unit <> 'lifecycle' and i.version is not null
    on conflict (schema_name) do update
    set (id, unit, direction, step, place, dsn, changed_at)
    = row (excluded.id, excluded.unit, 'out', 'begun', excluded.place, excluded.dsn, excluded.changed_at)
    where (m.direction, m.step) = ('in', 'moved');
    select m.* into v_move from sessionbook.moves as m where m.schema_name = p_schema and m.direction = 'out';
    if v_move.id is null then
        perform sessionbook.refuse(
            'usage', format('there is no installation in schema %s that can move', p_schema), 'See: sessionbook status'
        );
    elsif v_move.place <> p_place then
        perform sessionbook.refuse(
            'usage', format('schema %s moves to %s, not to %s', p_schema, v_move.place, p_place),
            case when v_move.step <> 'moved' then format('To undo it: sessionbook move %s --back', p_schema) end
        );
    end if;
    return v_move;
end
$function$;
comment on function sessionbook.depart is 'Begins a move out of this database, or finds it.';

-- On the new server: prepares for an installation. Drops what is left of a move that was undone while this server could
-- not be reached; nobody has written to it.
create function sessionbook.receive(p_schema text, p_unit text, p_id uuid, p_place text) returns text
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_move constant sessionbook.moves := (
        select m from sessionbook.moves as m where m.schema_name = p_schema
    );
begin
    perform sessionbook.hold();
    if (v_move.id, v_move.direction) = (p_id, 'in') then
        return v_move.step;
    elsif (v_move.direction, v_move.place) = ('in', p_place) and v_move.step <> 'moved' then
        perform sessionbook.abandon(p_schema, v_move.id);
    elsif v_move.id = p_id or exists (select from sessionbook.things(p_schema) as t where t.identity <> 'schema') then
        perform sessionbook.refuse(
            'occupied', format('schema %s is in database %s already', p_schema, current_database()),
            'If an earlier move has left it there, drop the schema.'
        );
    end if;
    delete from sessionbook.moves as m where m.schema_name = p_schema;
    insert into sessionbook.moves (schema_name, id, unit, direction, step, place)
    values (p_schema, p_id, p_unit, 'in', 'begun', p_place);
    return 'begun';
end
$function$;
comment on function sessionbook.receive is 'Expects an installation from another database; says how far it is.';

-- On the new server: drops what was copied so far.
create function sessionbook.abandon(p_schema text, p_id uuid) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    perform sessionbook.hold();
    delete from sessionbook.moves as m
    where m.schema_name = p_schema and m.id = p_id and m.direction = 'in' and m.step <> 'moved';
    if found then
        execute format('drop schema if exists %I cascade', p_schema);
        delete from sessionbook.installations as i where i.schema_name = p_schema;
        perform sessionbook.stop_clock(p_schema);
    end if;
end
$function$;
comment on function sessionbook.abandon is 'Drops what was copied of an installation that is not moved yet.';

-- Does a step and registers it. p_enabled: whether the clock is enabled here, as on the other side; null: as new.
create function sessionbook.step(p_id uuid, p_step text, p_enabled boolean default null) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_move sessionbook.moves;
begin
    perform sessionbook.hold();
    select m.* into v_move from sessionbook.moves as m where m.id = p_id for update;
    if v_move.id is null then
        perform sessionbook.refuse(
            'usage', format('database %s knows nothing of this move', current_database()), 'Check that it is the right database.'
        );
    elsif v_move.step = p_step then
        return;
    end if;
    update sessionbook.moves as m
    set step = p_step, changed_at = clock_timestamp(), enabled = case
        when p_step = 'closed' then (
            select c.enabled from lifecycle.clocks as c where c.schema_name = v_move.schema_name
        )
        else m.enabled
    end
    where m.id = p_id;
    if p_step = 'closed' then
        perform sessionbook.stop_clock(v_move.schema_name), sessionbook.close(v_move.schema_name);
    elsif p_step = 'copied' then
        perform sessionbook.close(v_move.schema_name);
    elsif v_move.direction = 'out' then
        perform sessionbook.close(v_move.schema_name, v_move.place), sessionbook.forget(v_move.schema_name);
    else
        perform sessionbook.open(v_move.schema_name), sessionbook.start_clock(v_move, coalesce(p_enabled, true));
    end if;
end
$function$;
comment on function sessionbook.step is
'Does a step of a move: closed, copied, moved; skips one that is done. 55000: there is no such move.';

-- While it was closed, no apply registered it with the clock, which would have failed.
create function sessionbook.start_clock(p_move sessionbook.moves, p_enabled boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
    perform lifecycle.register_clock(p_move.schema_name, p_move.unit);
    update lifecycle.clocks as c set enabled = p_enabled where c.schema_name = p_move.schema_name;
end
$function$;
comment on function sessionbook.start_clock is 'Registers an installation with the clock again, paused or not.';

-- On the old server: undoes the move.
create function sessionbook.stay(p_schema text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    v_move sessionbook.moves;
begin
    perform sessionbook.hold();
    delete from sessionbook.moves as m
    where m.schema_name = p_schema and m.direction = 'out' and m.step <> 'moved'
    returning m.* into v_move;
    if v_move.enabled is not null then
        perform sessionbook.start_clock(v_move, v_move.enabled);
    end if;
    if v_move.id is not null then
        perform sessionbook.open(p_schema);
    end if;
end
$function$;
comment on function sessionbook.stay is 'Undoes a move that is not finished.';

-- What there is to copy: tables of ours, each after those that it refers to, and their sequences. columns: without
-- computed ones.
create function sessionbook.cargo(p_schema text)
returns table (name text, is_sequence boolean, columns text, kinds text, bytes bigint)
language sql stable set search_path = pg_catalog, pg_temp as $function$
with recursive reached (oid, depth) as (
    select c.oid, 0
    from pg_class as c
    where c.relnamespace = to_regnamespace(quote_ident(p_schema)) and c.relkind in ('r', 'S')
    union
    select k.conrelid, r.depth + 1
    from reached as r
    inner join pg_constraint as k on r.oid = k.confrelid and k.contype = 'f' and k.conrelid <> k.confrelid
    where r.depth < 100
)
select format('%I.%I', p_schema, c.relname), c.relkind = 'S', a.columns, a.kinds, pg_total_relation_size(c.oid)
from (select r.oid, max(r.depth) as depth from reached as r group by r.oid) as r
inner join pg_class as c on r.oid = c.oid
left join pg_depend as d on c.oid = d.objid and c.relkind = 'S' and d.refclassid = d.classid and d.deptype in ('a', 'i')
inner join pg_class as w on w.oid = coalesce(d.refobjid, c.oid)
inner join sessionbook.objects as o on o.schema_name = p_schema and o.identity = 'table ' || quote_ident(w.relname)
cross join lateral (
    select
        string_agg(quote_ident(a.attname), ', ' order by a.attname) as columns,
        string_agg(format_type(a.atttypid, a.atttypmod), ', ' order by a.attname) as kinds
    from pg_attribute as a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and c.relkind = 'r'
) as a
order by r.depth, c.relname
$function$;
comment on function sessionbook.cargo is 'Tables and sequences of an installation, in the order of copying.';
