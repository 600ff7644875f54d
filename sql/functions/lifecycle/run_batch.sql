-- requires: functions/_holders, functions/_require_fresh_transaction, functions/advance
-- security: as tick(). The record named is one of this process that is open, so no other can be written.
-- Locks: as advance(); the row of ticks last.
create or replace function run_batch(p_tick_id bigint, p_schema_name text, p_steps text[])
returns text[]
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_limit constant integer := 5000;
    v_pass record;
    v_error text;
begin
    if cardinality(p_steps) > 1000 then
        raise exception using
            errcode = 'PT400',
            constraint = 'too_many',
            message = format('p_steps has %s elements', cardinality(p_steps)),
            detail = e'key: too_many\n' || 'At most 1000 are taken.',
            hint = 'Name the steps of the installation, or null for all.';
    end if;
    perform _require_fresh_transaction();
    select
        count(*) as steps,
        -- Rows that failed wait for their next try, so that the next batch has others; a pass that failed would fail
        -- again.
        coalesce(sum(a.moved + a.failed) filter (where a.step <> 'advance'), 0) > 0 as has_done,
        coalesce(array_agg(a.step) filter (where a.moved + a.failed >= v_limit), '{}') as filled,
        coalesce(sum(a.failed), 0) as failed,
        jsonb_object_agg(a.step, a.moved) filter (where a.moved > 0) as moved
    into v_pass
    from advance(p_schema_name, p_limit => v_limit, p_steps => p_steps) as a;
    if v_pass.steps = 0 and p_steps is null then
        -- An unknown or paused installation was not locked by anybody; after a pass of some steps a pass of all steps
        -- follows.
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
    if v_pass.has_done or v_error is not null then
        update ticks as t
        set moved = case when v_pass.moved is null then t.moved else t.moved || jsonb_build_object(
                p_schema_name,
                coalesce(t.moved -> p_schema_name, '{}') || (
                    select jsonb_object_agg(b.key, b.value::bigint + coalesce(c.moved ->> b.key, '0')::bigint)
                    from jsonb_each_text(v_pass.moved) as b
                    cross join (select t.moved -> p_schema_name as moved) as c
                )
            ) end,
            failed = t.failed + v_pass.failed,
            error = coalesce(t.error, v_error)
        where t.id = p_tick_id and t.pid = pg_catalog.pg_backend_pid() and t.finished_at is null;
    end if;
    return case when v_pass.has_done then v_pass.filled end;
end
$function$;

comment on function run_batch(bigint, text, text[]) is
'One batch of run_tick(): a pass over one installation, added to the record of the run. p_tick_id: what start_tick()
returned to this process; p_schema_name: schema of the installation; p_steps: only these, 1000 at most (null: all).
Returns the steps that filled their batch of 5000 rows, so that they have more to do; null if no step did anything.
Raises PT400 too_many, PT409 transaction_has_written.';

revoke all on function run_batch(bigint, text, text[]) from public;
grant execute on function run_batch(bigint, text, text[]) to sessionbook_clock;
