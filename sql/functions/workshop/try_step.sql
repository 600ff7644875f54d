-- requires: functions/apply_step, functions/lifecycle.is_fault_of_row, functions/lifecycle.setting_integer
-- Locks: the session, passed over when somebody holds it; then as apply_step(); its row in failed_steps. The session is
-- locked outside the part that is rolled back, so that of two ticks only one counts the failure.
create or replace function try_step(p_step text, p_session_id uuid, p_now timestamptz)
returns table (moved bigint, failed boolean)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_cause constant text := coalesce(pg_catalog.current_setting('lifecycle.cause', true), '');
    v_tries integer;
    v_next_try_at timestamptz;
begin
    moved := 0;
    failed := false;
    perform
    from workshop_sessions as s
    where s.id = p_session_id
    for no key update skip locked;
    if not found then
        return next;
        return;
    end if;
    begin
        perform pg_catalog.set_config('lifecycle.cause', 'clock', true);
        moved := apply_step(p_step, array[p_session_id], p_now);
        -- What was deferred to the commit is checked now, while the failure is still this row's alone.
        set constraints all immediate;
        perform pg_catalog.set_config('lifecycle.cause', v_cause, true);
        if moved > 0 then
            delete from failed_steps as f where f.step = p_step and f.subject_id = p_session_id;
        end if;
    exception
        when others then
            if not lifecycle.is_fault_of_row(sqlstate) then
                raise;
            end if;
            moved := 0;
            failed := true;
            v_tries := coalesce(
                (select f.tries from failed_steps as f where f.step = p_step and f.subject_id = p_session_id), 0
            ) + 1;
            -- After 1, 4, 16 and 64 minutes; lost races for locks are no reason to give up.
            if v_tries < lifecycle.setting_integer('max_tries') or left(sqlstate, 2) in ('40', '55') then
                v_next_try_at := p_now + least(4.0 ^ (v_tries - 1), 1440) * interval '1 minute';
            end if;
            insert into failed_steps as f (
                step, subject_id, sqlstate, message, tries, first_failed_at, failed_at, next_try_at
            )
            values (p_step, p_session_id, sqlstate, sqlerrm, v_tries, p_now, p_now, v_next_try_at)
            on conflict (step, subject_id) do update
            set sqlstate = excluded.sqlstate,
                message = excluded.message,
                tries = excluded.tries,
                failed_at = excluded.failed_at,
                next_try_at = excluded.next_try_at;
    end;
    return next;
end
$function$;

comment on function try_step(text, uuid, timestamptz) is
'Takes one step of the clock for one session, and records a failure instead of raising it. p_step: step of
advance_sessions(); p_session_id: key of the session; p_now: time to judge by. Returns one row: moved (holds, offers or
sessions; 0 where it is not due, or held by somebody), and failed (failed_steps has the reason and the time of the next
try, growing from 1 minute to 64, none after max_tries). Raises nothing of its own; 40001 where the transaction
keeps a snapshot that is too old.';

revoke all on function try_step(text, uuid, timestamptz) from public;
grant execute on function try_step(text, uuid, timestamptz) to sessionbook_app;
