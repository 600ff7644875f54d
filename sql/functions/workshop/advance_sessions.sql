-- requires: functions/follow_sessions
-- Locks: sessions that are due, oldest first, passing over those that somebody holds (the next tick finds them); then
-- their runs in id order. Holding sessions, it waits only for runs, whose holders wait for no session.
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
    v_run_ids uuid[];
begin
    perform pg_catalog.set_config('lifecycle.cause', 'clock', true);
    with due as (
        select s.id
        from workshop_sessions as s
        where s.status in ('upcoming', 'active', 'full')
            and s.over_at <= p_now
        order by s.over_at, s.id
        limit p_limit
        for no key update skip locked
    ),
    completed as (
        update workshop_sessions as s
        set status = 'completed'
        from due as d
        where d.id = s.id
        returning s.run_id
    )
    select count(*), coalesce(array_agg(distinct c.run_id) filter (where c.run_id is not null), '{}')
    into moved, v_run_ids
    from completed as c;
    perform follow_sessions(v_run_ids);
    perform pg_catalog.set_config('lifecycle.cause', v_cause, true);
    step := 'complete_sessions';
    failed := 0;
    return next;
end
$function$;

comment on function advance_sessions(timestamptz, integer) is
'Completes sessions whose last day has passed in their own zone; their runs follow. p_now: time to judge by; p_limit:
most rows moved. Returns step, moved, failed. Calling it again moves nothing. Raises nothing of its own.';

revoke all on function advance_sessions(timestamptz, integer) from public;
