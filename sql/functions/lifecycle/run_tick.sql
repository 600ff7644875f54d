-- requires: functions/tick
-- No search_path of its own: a procedure with a SET clause cannot commit. Every name is written in full instead.
-- Locks: an advisory lock of each transaction, only so that two runners do not do the same work; tick() is right
-- without it. It goes with the transaction, so that no failure, and no connection pool, leaves it behind. Row locks are
-- given back by the commit after each batch.
create or replace procedure run_tick()
language plpgsql
security invoker
as $procedure$
declare
    v_key constant bigint := pg_catalog.hashtextextended('lifecycle.run_tick', 0);
    v_tick_id bigint;
    v_pass record;
    v_moved jsonb := '{}'::jsonb;
    v_failed bigint := 0;
    v_error text;
begin
    if not pg_catalog.pg_try_advisory_xact_lock(v_key) then
        return;
    end if;
    insert into lifecycle.ticks default values returning id into v_tick_id;
    -- Each run does this to the one before it, so that no older row can be open.
    update lifecycle.ticks as t
    set error = 'cut off: the server, its connection or a time-out ended this run'
    where t.id = (select max(b.id) from lifecycle.ticks as b where b.id < v_tick_id)
        and t.finished_at is null
        and t.error is null;
    commit;
    loop
        -- Between two batches another runner may have come in; it goes on from here.
        exit when not pg_catalog.pg_try_advisory_xact_lock(v_key);
        with pass as (
            select t.schema_name, t.step, t.moved, t.failed
            from lifecycle.tick() as t
        ),
        steps as (
            select p.schema_name, p.step, p.moved + coalesce((v_moved -> p.schema_name ->> p.step)::bigint, 0) as moved
            from pass as p
            where p.moved > 0
        ),
        schemas as (
            select s.schema_name, jsonb_object_agg(s.step, s.moved) as moved
            from steps as s
            group by s.schema_name
        )
        select
            -- Rows that failed wait for their next try, so that others come up; a schema that failed as a whole would
            -- fail again at once.
            coalesce((select sum(p.moved + p.failed) from pass as p where p.step <> 'advance_sessions'), 0) as done,
            coalesce((select sum(p.failed) from pass as p), 0) as failed,
            v_moved || coalesce(
                (
                    select jsonb_object_agg(
                        s.schema_name, coalesce(v_moved -> s.schema_name, '{}'::jsonb) || s.moved
                    )
                    from schemas as s
                ),
                '{}'::jsonb
            ) as totals
        into v_pass;
        v_moved := v_pass.totals;
        v_failed := v_failed + v_pass.failed;
        update lifecycle.ticks as t set moved = v_moved, failed = v_failed where t.id = v_tick_id;
        commit;
        exit when v_pass.done = 0;
    end loop;
    if v_failed > 0 then
        select format('%s: %s', c.schema_name, c.last_error)
        into v_error
        from lifecycle.clocks as c
        where c.last_error is not null
        order by c.schema_name
        limit 1;
        v_error := coalesce(v_error, format('%s steps failed; see failed_steps of their schemas', v_failed));
    end if;
    update lifecycle.ticks as t set finished_at = pg_catalog.clock_timestamp(), error = v_error where t.id = v_tick_id;
    commit;
end
$procedure$;

comment on procedure run_tick() is
'Moves everything that is due, in batches of 5000 rows a step, each committed, until nothing is due, and writes one row
to lifecycle.ticks. A second runner returns at once. No arguments. Must be called outside a transaction block. Raises
nothing of its own.';

revoke all on procedure run_tick() from public;
grant execute on procedure run_tick() to sessionbook_clock;
