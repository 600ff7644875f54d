-- requires: functions/now
-- security: the clock role runs the tick and may do nothing else; the sessions' tables are the owner's. The only names
-- that become SQL are schemas registered by the deployer, quoted as identifiers.
-- Locks: rows of clocks in schema order, each after its schema's work; sessions as each advance_sessions() says. Two
-- ticks at once: sessions skip what the other holds, clocks are taken in one order.
create or replace function tick(
    p_now timestamptz default null,
    p_limit integer default 5000
)
returns table (schema_name text, step text, moved bigint, failed bigint)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := coalesce(p_now, lifecycle.now());
    v_clock record;
    v_steps jsonb;
begin
    if p_limit is null or p_limit < 1 then
        raise exception using
            errcode = 'PT400',
            constraint = 'limit_not_positive',
            message = format('p_limit is %s, it must be 1 or more', coalesce(p_limit::text, 'null')),
            detail = e'key: limit_not_positive\n'
                || 'The limit is the most rows that one step of one schema moves in this pass.',
            hint = 'Leave p_limit out for 5000.';
    end if;
    for v_clock in select c.schema_name from clocks as c where c.enabled order by c.schema_name loop
        begin
            -- Kept aside until the pass is known to be good: rows returned are not taken back with the block.
            execute format(
                'select jsonb_agg(s) from %I.advance_sessions($1, $2) as s',
                v_clock.schema_name
            ) into v_steps using v_now, p_limit;
            -- What triggers left for the end of the transaction runs now: as the owner, not as whoever commits, and
            -- where its failure is this schema's alone.
            set constraints all immediate;
            set constraints all deferred;
            update clocks as c
            set last_ok_at = v_now, last_error = null
            where c.schema_name = v_clock.schema_name;
            return query
            select v_clock.schema_name, s.step, s.moved, s.failed
            from jsonb_to_recordset(v_steps) as s (step text, moved bigint, failed bigint);
        exception
            -- One schema's failure never stops another's; code and message are kept and returned as a failed step.
            when others then
                update clocks as c
                set last_error = format('%s %s', sqlstate, sqlerrm)
                where c.schema_name = v_clock.schema_name;
                schema_name := v_clock.schema_name;
                step := 'advance_sessions';
                moved := 0;
                failed := 1;
                return next;
        end;
    end loop;
end
$function$;

comment on function tick(timestamptz, integer) is
'One pass over all enabled clocks: everything due moves, at most p_limit rows a step, or in all steps of a schema where
its advance_sessions() says so. p_now: time to judge by (default lifecycle.now()); p_limit: rows (default 5000, at least
1). Returns schema_name, step, moved, failed, one row a step; a schema whose pass failed gives one row with failed = 1,
its reason is in lifecycle.clocks.last_error. Raises PT400 limit_not_positive.';

revoke all on function tick(timestamptz, integer) from public;
grant execute on function tick(timestamptz, integer) to sessionbook_clock;
