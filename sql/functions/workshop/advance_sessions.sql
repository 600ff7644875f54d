-- requires: functions/run_step
-- Locks: sessions that are due, oldest first, passing over those that somebody holds (the next tick finds them); then
-- their runs in id order, and rows of failed_steps. Holding sessions, it waits only for runs, whose holders wait for no
-- session.
create or replace function advance_sessions(p_now timestamptz, p_limit integer)
returns table (step text, moved bigint, failed bigint)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_cause constant text := coalesce(pg_catalog.current_setting('lifecycle.cause', true), '');
    v_id uuid;
    v_ids uuid [];
    v_result record;
begin
    perform pg_catalog.set_config('lifecycle.cause', 'clock', true);
    step := 'complete_sessions';
    moved := 0;
    failed := 0;
    v_ids := array(
        select s.id
        from workshop_sessions as s
        where s.status in ('upcoming', 'active', 'full')
            and s.over_at <= p_now
            and not exists (
                select from failed_steps as f
                where f.step = 'complete_sessions' and f.subject_id = s.id and f.resolved_at is null
            )
        order by s.over_at, s.id
        limit p_limit
        for no key update of s skip locked
    );
    if cardinality(v_ids) > 0 then
        select r.moved, r.failed into moved, failed from run_step(step, v_ids, p_now) as r;
    end if;
    for v_id in
        select f.subject_id
        from failed_steps as f
        where f.next_try_at <= p_now
        order by f.next_try_at, f.id
        limit p_limit
        for no key update skip locked
    loop
        select r.moved, r.failed into v_result from run_step(step, array[v_id], p_now) as r;
        moved := moved + v_result.moved;
        failed := failed + v_result.failed;
    end loop;
    perform pg_catalog.set_config('lifecycle.cause', v_cause, true);
    return next;
end
$function$;

comment on function advance_sessions(timestamptz, integer) is
'Completes sessions whose last day has passed in their own zone; their runs follow. p_now: time to judge by; p_limit:
most rows moved. A session that cannot move does not hold up the rest: it is in failed_steps and tried again. Returns
step, moved, failed. Calling it again moves nothing. Raises nothing of its own.';

revoke all on function advance_sessions(timestamptz, integer) from public;
