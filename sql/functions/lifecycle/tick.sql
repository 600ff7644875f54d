-- requires: functions/_require_fresh_transaction, functions/advance, functions/due_clocks
-- security: the clock role runs the tick and may do nothing else; the sessions' tables are the owner's. A transaction
-- that has written, and so may have queued triggers, is refused unless it is the owner's.
-- Locks: as advance(), installations in the order of their schemas; all are kept until the transaction ends, so two
-- ticks at once skip each other's installations.
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
    v_schema_name text;
begin
    perform _require_fresh_transaction();
    foreach v_schema_name in array due_clocks(p_now) loop
        return query
        select v_schema_name, a.step, a.moved, a.failed
        from advance(v_schema_name, p_now, p_limit) as a;
    end loop;
end
$function$;

comment on function tick(timestamptz, integer) is
'One pass over all enabled clocks in one transaction, for tests and for the owner; run_tick() commits after each batch.
p_now: time to judge by, for the owner only (default lifecycle.now()); p_limit: most rows a step, 1 to 1000000 (default
5000). Returns schema_name, step, moved, failed, one row a step; none for an installation that has nothing to do; one
row named advance with failed = 1 if its pass failed. Raises PT400 invalid_limit, PT409 transaction_has_written.';

revoke all on function tick(timestamptz, integer) from public;
grant execute on function tick(timestamptz, integer) to sessionbook_clock;
