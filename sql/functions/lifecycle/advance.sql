-- requires: functions/_check_deferred, functions/_pass, functions/_table_holders, functions/judged_at
-- security: called by entry points that refuse a transaction with writes of the caller; names are quoted.
-- Locks: the row of clocks, skipped if it is locked; then as _pass(). Other locks: it waits 2 s, row by row 0.1 s.
create or replace function advance(
    p_schema_name text, p_now timestamptz default null, p_limit integer default 5000, p_steps text[] default null
)
returns table (step text, moved bigint, failed bigint)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set lock_timeout = '2s'
set jit = off
as $function$
declare
    v_now constant timestamptz := judged_at(p_now);
    v_error text;
    v_ended timestamptz;
begin
    if p_limit is null or p_limit not between 1 and 1000000 then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_limit',
            message = format('p_limit is %s, it must be from 1 to 1000000', coalesce(p_limit::text, 'null')),
            detail = e'key: invalid_limit\n' || 'One step of one installation moves at most that many rows.',
            hint = 'Leave p_limit out for 5000.';
    end if;
    -- Outside of any block: the row shows the number of the transaction then, by which others find who holds it.
    perform
    from clocks as c
    where c.schema_name = p_schema_name and c.enabled
    for no key update skip locked;
    if not found then
        return;
    end if;
    -- The owner's own pending failure is the owner's, not a row's.
    perform _check_deferred(p_schema_name);
    begin
        -- If it fails, none of its rows are returned: rows of a function in FROM are read after it has ended.
        return query select p.step, p.moved, p.failed from _pass(p_schema_name, v_now, p_limit, p_steps, null) as p;
        v_ended := pg_catalog.clock_timestamp();
    exception
        -- A failure of one installation never stops the others: it is stored, returned, and logged.
        when assert_failure or others then
            v_error := sqlstate || ' ' || left(sqlerrm, 1000)
                || coalesce('; ' || case sqlstate when '55P03' then _table_holders(p_schema_name) end, '');
            raise warning using
                errcode = sqlstate,
                message = format('Sessionbook: the clock of %s failed: %s', p_schema_name, v_error);
            return query values ('advance', 0::bigint, 1::bigint);
    end;
    update clocks as c
    set last_error = v_error, last_ok_at = coalesce(v_ended, c.last_ok_at)
    where c.schema_name = p_schema_name;
end
$function$;

comment on function advance(text, timestamptz, integer, text[]) is
'One pass of the clock over one installation. p_schema_name: its schema; p_now: time to judge by, for the owner only
(default lifecycle.now()); p_limit: most rows a step, 1 to 1000000 (default 5000); p_steps: only these (default all).
Returns step, moved, failed, one row a step (what failed is in failed_steps); no row if the installation is unknown,
paused or being moved by somebody else; one row named advance with failed = 1 if the pass failed (the reason is in
lifecycle.clocks.last_error and in the server''s log). Raises PT400 invalid_limit.';

revoke all on function advance(text, timestamptz, integer, text[]) from public;
