-- Marks the transaction as the clock's while the step runs, so that triggers can tell its moves from a person's. What
-- the step leaves for the end of the transaction is checked now, while a failure can still be told from others. Only
-- constraints of this schema's tables are made immediate, by name: what else is queued stays where it is.
-- Locks: its own row of clock_moves, which no other transaction touches; then as the unit's apply_step().
create or replace function _apply_step(p_schema_name text, p_step text, p_ids text[], p_now timestamptz)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_moved bigint;
begin
    insert into clock_moves (xid, depth)
    values (pg_catalog.pg_current_xact_id(), pg_catalog.pg_trigger_depth());
    execute format('select %I.apply_step($1, $2, $3)', p_schema_name) into v_moved using p_step, p_ids, p_now;
    perform _check_deferred(p_schema_name);
    delete from clock_moves as m
    where m.xid = pg_catalog.pg_current_xact_id();
    return coalesce(v_moved, 0);
end
$function$;

comment on function _apply_step(text, text, text[], timestamptz) is
'Takes a step of the clock for given rows of an installation, and checks what it deferred. p_schema_name: schema of the
installation; p_step: one of its steps(); p_ids: keys of the rows; p_now: time to judge by. Returns how many rows moved.
Raises what the rows'' own constraints and triggers raise.';

revoke all on function _apply_step(text, text, text[], timestamptz) from public;
