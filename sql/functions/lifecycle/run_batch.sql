-- requires: functions/_holders, functions/_require_fresh_transaction, functions/advance
-- security: as tick(). The record named is one of this process that is open, so no other can be written.
-- Locks: as advance(); the row of ticks last.
create or replace function run_batch(p_tick_id bigint, p_schema_name text)
returns boolean
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_pass record;
    v_error text;
begin
    perform _require_fresh_transaction();
    select
        count(*) as steps,
        -- Rows that failed wait for their next try, so that others come up; a pass that failed would fail again.
        coalesce(sum(a.moved + a.failed) filter (where a.step <> 'advance'), 0) as done,
        coalesce(sum(a.failed), 0) as failed,
        jsonb_object_agg(a.step, a.moved) filter (where a.moved > 0) as moved
    into v_pass
    from advance(p_schema_name) as a;
    if v_pass.steps = 0 then
        -- One that is unknown or paused was kept out by nobody.
        select
            format(
                '%s: kept out by %s',
                c.schema_name,
                coalesce(_holders(array[c.xmax]), 'another run that has ended since')
            )
        into v_error
        from clocks as c
        where c.schema_name = p_schema_name and c.enabled;
    elsif v_pass.failed > 0 then
        v_error := coalesce(
            (select p_schema_name || ': ' || c.last_error from clocks as c where c.schema_name = p_schema_name),
            format('%s: %s steps failed; see its failed_steps', p_schema_name, v_pass.failed)
        );
    end if;
    if v_pass.done > 0 or v_error is not null then
        update ticks as t
        set moved = case when v_pass.moved is null then t.moved else t.moved || jsonb_build_object(
                p_schema_name,
                (
                    select jsonb_object_agg(s.step, s.moved)
                    from (
                        select e.key as step, sum(e.value::bigint) as moved
                        from (
                            select b.key, b.value from jsonb_each_text(t.moved -> p_schema_name) as b
                            union all
                            select b.key, b.value from jsonb_each_text(v_pass.moved) as b
                        ) as e
                        group by e.key
                    ) as s
                )
            ) end,
            failed = t.failed + v_pass.failed,
            error = coalesce(t.error, v_error)
        where t.id = p_tick_id and t.pid = pg_catalog.pg_backend_pid() and t.finished_at is null;
    end if;
    return v_pass.done > 0;
end
$function$;

comment on function run_batch(bigint, text) is
'One batch of run_tick(): a pass over one installation, noted in the record of the run. p_tick_id: what start_tick()
returned to this process; p_schema_name: schema of the installation. Returns whether anything was done, so that there
may be more. Raises PT409 transaction_has_written.';

revoke all on function run_batch(bigint, text) from public;
grant execute on function run_batch(bigint, text) to sessionbook_clock;
