-- requires: functions/announce_events, functions/finish_tick, functions/run_batch, functions/start_tick
-- No search_path of its own: a procedure with a SET clause cannot commit. Every name is written in full instead.
-- Each transaction reads what is committed, whatever the role's default: one that keeps its snapshot leaves runs to a
-- later one, and would do so forever.
-- Locks: those of one batch of one installation at a time; the commit gives them back, so an installation that is stuck
-- holds nothing of another. A second run skips what the first one has locked.
create or replace procedure run_tick()
language plpgsql
security invoker
as $procedure$
declare
    v_run constant record := lifecycle.start_tick();
    v_schema_name text;
    v_steps text[];
    v_filled text[];
begin
    commit;
    set transaction isolation level read committed;
    if v_run.tick_id is null then
        return;
    end if;
    foreach v_schema_name in array v_run.schema_names loop
        -- Steps that filled a batch are run again without the others, which may read much to find nothing. A step that
        -- finds a few rows each time, because rows become due as fast as batches are done, does not block the others.
        v_steps := null;
        loop
            v_filled := lifecycle.run_batch(v_run.tick_id, v_schema_name, v_steps);
            commit;
            set transaction isolation level read committed;
            exit when v_filled is null and v_steps is null;
            v_steps := nullif(v_filled, '{}');
        end loop;
    end loop;
    perform lifecycle.announce_events();
    commit;
    set transaction isolation level read committed;
    perform lifecycle.finish_tick(v_run.tick_id);
    commit;
end
$procedure$;

comment on procedure run_tick() is
'Moves everything that is due, one installation after the other, in batches of 5000 rows a step, each committed, until
nothing is due. Writes one row to lifecycle.ticks; its column error says which installation failed or was locked, and by
which process. No arguments. Must be called outside a transaction block. Raises PT409 transaction_has_written.';

revoke all on procedure run_tick() from public;
grant execute on procedure run_tick() to sessionbook_clock;
