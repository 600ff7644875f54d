-- requires: functions/apply_step, functions/record_failed_step, functions/lifecycle.is_fault_of_row
-- Locks: as apply_step(); what a failure locked is free again.
create or replace function run_step(
    p_step text,
    p_ids integer[],
    p_now timestamptz
)
returns table (moved bigint, failed bigint)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_id integer;
    v_moved bigint;
begin
    moved := 0;
    failed := 0;
    if cardinality(p_ids) > 1 then
        begin
            moved := apply_step(p_step, p_ids, p_now);
            -- What was deferred to the commit is checked now, while a failure can still be told from the rest.
            set constraints all immediate;
            return next;
            return;
        exception
            -- Some row of the batch cannot move: below each is tried alone, and keeps its SQLSTATE and message.
            when others then
                if not lifecycle.is_fault_of_row(sqlstate) then
                    raise;
                end if;
                moved := 0;
        end;
    end if;
    foreach v_id in array p_ids loop
        begin
            v_moved := apply_step(p_step, array[v_id], p_now);
            set constraints all immediate;
            moved := moved + v_moved;
            update failed_steps as f
            set resolved_at = p_now, next_try_at = null
            where f.step = p_step and f.subject_id = v_id and f.resolved_at is null;
        exception
            when others then
                if not lifecycle.is_fault_of_row(sqlstate) then
                    raise;
                end if;
                failed := failed + 1;
                perform record_failed_step(p_step, v_id, sqlstate, sqlerrm, p_now);
        end;
    end loop;
    return next;
end
$function$;

comment on function run_step(text, integer[], timestamptz) is
'Takes a step for sessions that it is due for: all at once, or, where that fails, one by one, so that the sound ones
move and the others are noted in failed_steps. p_step: step of advance_sessions(); p_ids: sessions; p_now: time to
judge by. Returns moved and failed, one row. Deferred constraints are immediate for the rest of the transaction. Raises
nothing of its own.';

revoke all on function run_step(text, integer[], timestamptz) from public;
