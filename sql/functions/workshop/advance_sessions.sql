-- requires: functions/due_steps, functions/run_step
-- Nearly every tick finds nothing to do, and pg_cron makes a new connection for each: so it asks once whether anything
-- is due, and plans nothing else before it knows.
-- Locks: sessions that are due, passing over those that somebody holds (the next tick finds them); then all their runs
-- in id order, before the first step, so that no step takes one out of order; then as run_step(). Holding sessions, it
-- waits only for runs, whose holders wait for no session.
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
    v_steps text[] := array[]::text[];
    v_session_ids uuid[];
    v_retries boolean[];
    v_run_ids uuid[];
    v_ids uuid[];
    v_result record;
begin
    if exists (select from due_steps(p_now) as d) or exists (select from failed_steps as f) then
        if exists (select from failed_steps as f) then
            -- Moved by somebody else, or gone: nothing is left to try.
            delete from failed_steps as f
            where not exists (
                select
                from due_steps(p_now) as d
                where d.step = f.step and d.session_id = f.subject_id
            );
        end if;
        with due as (
            select d.step, s.id, s.run_id, f.id is not null as is_retry
            from due_steps(p_now) as d
            inner join workshop_sessions as s on d.session_id = s.id
            left join failed_steps as f on d.step = f.step and d.session_id = f.subject_id
            where f.id is null or f.next_try_at <= p_now
            order by d.due_at, s.id
            limit p_limit
            for no key update of s skip locked
        )
        select array_agg(d.step), array_agg(d.id), array_agg(d.is_retry), array_agg(distinct d.run_id)
        into v_steps, v_session_ids, v_retries, v_run_ids
        from due as d;
        perform
        from workshop_runs as r
        where r.id = any(v_run_ids)
        order by r.id
        for no key update;
        perform pg_catalog.set_config('lifecycle.cause', 'clock', true);
    end if;
    foreach step in array array[
        'release_holds', 'expire_offers', 'offer_seats', 'close_waitlists', 'complete_sessions'
    ] loop
        moved := 0;
        failed := 0;
        if step = any(v_steps) then
            -- Those that failed before go one by one, so that the sound ones can go all at once.
            for v_ids in
                select array_agg(distinct u.id)
                from unnest(v_steps, v_session_ids, v_retries) as u (step, id, is_retry)
                where u.step = advance_sessions.step
                group by case when u.is_retry then u.id end
            loop
                select r.moved, r.failed into v_result from run_step(step, v_ids, p_now) as r;
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
'Takes every step that is due: seats of orders whose hold ran out are released; offers that ran out expire, and whoever
is next in line has one; seats that are free are offered to those who wait; waiting lists of sessions that have started
are closed; sessions whose last day has passed in their own zone are completed. Their runs follow. p_now: time to judge
by (offers are made as of lifecycle.now()); p_limit: most holds, offers and sessions in all. A row that is refused is
recorded in failed_steps and left out until its next try. Returns step, moved, failed, one row a step. Calling it again
moves nothing. Deferred constraints are immediate for the rest of the transaction. Raises nothing of its own; 40001
where the transaction keeps a snapshot that is too old.';

revoke all on function advance_sessions(timestamptz, integer) from public;
