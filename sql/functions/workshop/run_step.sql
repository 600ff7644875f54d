-- requires: functions/apply_step, functions/try_step, functions/lifecycle.is_fault_of_row
-- Locks: as apply_step(); rows of failed_steps come last.
create or replace function run_step(p_step text, p_session_ids uuid[], p_now timestamptz)
returns table (moved bigint, failed bigint)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_session_id uuid;
    v_result record;
begin
    if cardinality(p_session_ids) > 1 then
        begin
            moved := apply_step(p_step, p_session_ids, p_now);
            failed := 0;
            -- What was deferred to the commit is checked now, while a failure can still be told from the rest.
            set constraints all immediate;
            return next;
            return;
        exception
            -- Some row was refused: one by one the sound ones move, and what is not sound is recorded.
            when others then
                if not lifecycle.is_fault_of_row(sqlstate) then
                    raise;
                end if;
        end;
    end if;
    moved := 0;
    failed := 0;
    foreach v_session_id in array p_session_ids loop
        select t.moved, t.failed into v_result from try_step(p_step, v_session_id, p_now) as t;
        moved := moved + v_result.moved;
        failed := failed + v_result.failed::integer;
    end loop;
    return next;
end
$function$;

comment on function run_step(text, uuid[], timestamptz) is
'Takes a step of the clock for sessions that it is due for: all at once, or, where that fails, one by one, so that the
sound ones move and the others are noted in failed_steps. p_step: step of advance_sessions(); p_session_ids: sessions,
locked by the caller; p_now: time to judge by. Returns moved and failed, one row. Deferred constraints are immediate for
the rest of the transaction. Raises nothing of its own; 40001 where the transaction
keeps a snapshot that is too old.';

revoke all on function run_step(text, uuid[], timestamptz) from public;
