-- requires: functions/_check_deferred, functions/setting_integer
-- The row of clock_moves marks the transaction as the clock's while the step runs, so that triggers can tell its moves
-- from a person's. What the step leaves for the end of the transaction is checked before that row goes, while a failure
-- can still be told from others.
-- Locks: its own row of clock_moves, which no other transaction touches; then as the unit's apply_step(); then the rows
-- of failed_steps, which the caller holds if they are there.
create or replace function _take_step(
    p_schema_name text, p_step text, p_ids text[], p_now timestamptz,
    out moved bigint, out failed bigint, out lost bigint
)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_id text;
    v_one record;
begin
    failed := 0;
    lost := 0;
    begin
        insert into clock_moves (xid, depth)
        values (pg_catalog.pg_current_xact_id(), pg_catalog.pg_trigger_depth());
        execute format('select %I.apply_step($1, $2, $3)', p_schema_name) into moved using p_step, p_ids, p_now;
        perform _check_deferred(p_schema_name);
        moved := coalesce(moved, 0);
        delete from clock_moves as m
        where m.xid = pg_catalog.pg_current_xact_id();
        return;
    exception
        when others then
            moved := 0;
            -- Missing or forbidden objects, resources, operators, the system, a snapshot that the transaction keeps: wrong
            -- for every row. That fails the pass, so that it is seen at once.
            if left(sqlstate, 2) in ('25', '3F', '42', '53', '57', '58', 'XX')
                or sqlstate = '40001'
                and pg_catalog.current_setting('transaction_isolation') in ('repeatable read', 'serializable')
            then
                raise;
            elsif cardinality(p_ids) = 1 then
                -- Next tries after 1, 4, 16 and 64 minutes; a lost race for a lock (40, 55) never counts.
                lost := (left(sqlstate, 2) in ('40', '55'))::integer;
                failed := 1 - lost;
                execute format(
                    'insert into %I.failed_steps as f'
                    ' (step, subject_id, sqlstate, message, attempts, first_failed_at, failed_at, next_attempt_at)'
                    ' values ($1, $2, $3, $4, $5, $6, $6, case when $5 < $7 then $6 + interval ''1 minute'' end)'
                    ' on conflict (step, subject_id) do update'
                    ' set sqlstate = excluded.sqlstate, message = excluded.message, attempts = f.attempts + $5,'
                    ' failed_at = $6, next_attempt_at = case when f.attempts + $5 < $7'
                    ' then $6 + least(4.0 ^ greatest(f.attempts + $5 - 1, 0), 1440) * interval ''1 minute'' end',
                    p_schema_name
                ) using p_step, p_ids[1], sqlstate, left(sqlerrm, 1000), failed, p_now, setting_integer('max_attempts');
                return;
            end if;
    end;
    -- One by one nobody is waited for long, and not by each of thousands: the rest comes with the next pass.
    perform pg_catalog.set_config('lock_timeout', '100ms', true);
    foreach v_id in array p_ids loop
        v_one := _take_step(p_schema_name, p_step, array[v_id], p_now);
        moved := moved + v_one.moved;
        failed := failed + v_one.failed;
        lost := lost + v_one.lost;
        exit when lost = 20;
    end loop;
end
$function$;

comment on function _take_step(text, text, text[], timestamptz) is
'Takes a step of the clock for given rows of an installation, all at once, or one by one if that fails; what fails then
is in failed_steps. p_schema_name: schema of the installation; p_step: one of its steps(); p_ids: keys of the rows;
p_now: time to judge by. Returns how many moved, how many failed (tried again after 1, 4, 16 and 64 minutes, given up
after max_attempts), and how many lost a race for a lock (tried again after a minute); it ends after 20 of these. Leaves
lock_timeout at 100 ms if it went one by one. Raises what is no fault of a row.';

revoke all on function _take_step(text, text, text[], timestamptz) from public;
