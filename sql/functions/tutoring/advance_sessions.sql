-- requires: functions/due_sessions, functions/resolve_given_up, functions/run_step
-- Reminders come before the start, so that none is taken for missed that is only late.
-- Without compiling: it would take 100 ms of every batch.
-- Locks: sessions that are due, oldest first, passing over those that somebody holds (the next tick finds them); then
-- reminders of these, and rows of failed_steps. It waits only for couriers, who hold a reminder for one statement.
create or replace function advance_sessions(p_now timestamptz, p_limit integer)
returns table (step text, moved bigint, failed bigint)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
set jit = off
as $function$
declare
    v_cause constant text := coalesce(pg_catalog.current_setting('lifecycle.cause', true), '');
    v_retries constant boolean := exists (select from failed_steps as f where f.next_try_at <= p_now);
    v_id integer;
    v_ids integer[];
    v_result record;
begin
    -- Mostly there is none, and nothing else is planned then.
    if exists (select from failed_steps as f where f.resolved_at is null and f.next_try_at is null) then
        perform resolve_given_up(p_now);
    end if;
    perform pg_catalog.set_config('lifecycle.cause', 'clock', true);
    foreach step in array array[
        'requeue_reminders', 'queue_reminders', 'queue_alarms', 'start_sessions', 'complete_sessions', 'miss_reminders'
    ] loop
        moved := 0;
        failed := 0;
        v_ids := due_sessions(step, p_now, p_limit);
        if cardinality(v_ids) > 0 then
            select r.moved, r.failed into moved, failed from run_step(step, v_ids, p_now) as r;
        end if;
        if v_retries then
            for v_id in
                select f.subject_id
                from failed_steps as f
                where f.step = advance_sessions.step and f.next_try_at <= p_now
                order by f.next_try_at, f.id
                limit p_limit
                for no key update skip locked
            loop
                select r.moved, r.failed into v_result from run_step(step, array[v_id], p_now) as r;
                moved := moved + v_result.moved;
                failed := failed + v_result.failed;
            end loop;
        end if;
        return next;
    end loop;
    perform pg_catalog.set_config('lifecycle.cause', v_cause, true);
end
$function$;

comment on function advance_sessions(timestamptz, integer) is
'Takes every step that is due: reminders are queued (or skipped with a reason) from reminder_lead before the start,
alarms from alarm_before_minutes before it; sessions start, with a reminder that never was queued as missed; sessions
complete; reminders unsent at the start become missed. What an outage left behind goes through all of them. A row that
cannot move does not hold up the rest: it is in failed_steps and tried again; one that was given up is resolved once it
is no longer due. p_now: time to judge by; p_limit: most
sessions a step. Returns step, moved, failed, one row a step. Calling it again moves nothing. Raises nothing of its
own.';

revoke all on function advance_sessions(timestamptz, integer) from public;
