-- requires: functions/follow_sessions, functions/try_step
-- Locks: sessions that are due, oldest first, passing over those that somebody holds (the next tick finds them); then
-- their runs in id order. Holding sessions, it waits only for runs, whose holders wait for no session. One by one, the
-- sessions go in the order of their runs, so that the runs are taken in id order then too. Rows of failed_steps come
-- last.
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
    v_session_id uuid;
    v_completed bigint;
    v_result text;
begin
    step := 'complete_sessions';
    moved := 0;
    failed := 0;
    perform pg_catalog.set_config('lifecycle.cause', 'clock', true);
    if exists (select from failed_steps as f) then
        -- Moved by somebody else, or gone: nothing is left to try.
        delete from failed_steps as f
        where not exists (
            select
            from workshop_sessions as s
            where s.id = f.subject_id
                and s.status in ('upcoming', 'active', 'full')
                and s.over_at <= p_now
        );
        for v_session_id in
            select s.id
            from failed_steps as f
            inner join workshop_sessions as s on f.subject_id = s.id
            where f.next_try_at <= p_now
            order by s.run_id, s.id
            limit p_limit
        loop
            v_result := try_step(step, v_session_id, p_now);
            moved := moved + (v_result = 'moved')::integer;
            failed := failed + (v_result = 'failed')::integer;
        end loop;
    end if;
    begin
        with due as (
            select s.id
            from workshop_sessions as s
            where s.status in ('upcoming', 'active', 'full')
                and s.over_at <= p_now
                and not exists (
                    select
                    from failed_steps as f
                    where f.step = 'complete_sessions' and f.subject_id = s.id
                )
            order by s.over_at, s.id
            limit p_limit
            for no key update of s skip locked
        ),
        completed as (
            update workshop_sessions as s
            set status = 'completed'
            from due as d
            where d.id = s.id
            returning s.run_id
        )
        select
            count(*),
            coalesce(array_agg(distinct c.run_id) filter (where c.run_id is not null), '{}')
        into v_completed, v_run_ids
        from completed as c;
        perform follow_sessions(v_run_ids);
        -- What was deferred to the commit is checked now, while a failure can still be told from the rest.
        set constraints all immediate;
        moved := moved + v_completed;
    exception
        -- Some row was refused: one by one the sound ones move, and what is not sound is recorded.
        when others then
            -- No row's fault: resources, operators, the system.
            if left(sqlstate, 2) in ('53', '57', '58', 'XX') then
                raise;
            end if;
            for v_session_id in
                select d.id
                from (
                    select s.id, s.run_id
                    from workshop_sessions as s
                    where s.status in ('upcoming', 'active', 'full')
                        and s.over_at <= p_now
                        and not exists (
                            select
                            from failed_steps as f
                            where f.step = 'complete_sessions' and f.subject_id = s.id
                        )
                    order by s.over_at, s.id
                    limit p_limit
                ) as d
                order by d.run_id, d.id
            loop
                v_result := try_step(step, v_session_id, p_now);
                moved := moved + (v_result = 'moved')::integer;
                failed := failed + (v_result = 'failed')::integer;
            end loop;
    end;
    perform pg_catalog.set_config('lifecycle.cause', v_cause, true);
    return next;
end
$function$;

comment on function advance_sessions(timestamptz, integer) is
'Completes sessions whose last day has passed in their own zone; their runs follow. p_now: time to judge by; p_limit:
most rows moved (and as many again of those that failed before and are due for another try). A row that is refused is
recorded in failed_steps and left out until its next try. Returns step, moved, failed. Calling it again moves nothing.
Deferred constraints are immediate for the rest of the transaction. Raises nothing of its own.';

revoke all on function advance_sessions(timestamptz, integer) from public;
