-- requires: functions/due_steps
-- One cached plan for all steps: pg_cron makes a new connection for every tick, and planning is most of the cost of an
-- idle one. The arms of the other steps are never executed.
-- Locks: the sessions, or runs, that it returns, skipping locked ones; the next tick finds them.
create or replace function due_rows(p_step text, p_now timestamptz, p_limit integer)
returns text[]
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
set plan_cache_mode = force_generic_plan
as $function$
declare
    v_postponed constant uuid[] := array(
        select f.subject_id::uuid
        from failed_steps as f
        where f.step = p_step and coalesce(f.next_attempt_at > p_now, true)
    );
begin
    if p_step = 'offer_runs' then
        -- Their sessions are locked by apply_step(), all of a run or none.
        return array(
            select d.subject_id
            from due_steps(p_now) as d
            where d.step = 'offer_runs' and d.subject_id::uuid <> all(v_postponed)
            group by d.subject_id
            order by min(d.due_at), d.subject_id
            limit p_limit
        );
    end if;
    if p_step = 'follow_runs' then
        if not exists (select from stale_runs as n) then
            return array[]::text[];
        end if;
        -- Runs that are gone have nobody to lock; only their notes are left.
        return array(
            select n.run_id::text
            from stale_runs as n
            where not exists (select from workshop_runs as r where r.id = n.run_id)
            order by n.id
            limit p_limit
        ) || array(
            select r.id::text
            from workshop_runs as r
            inner join (
                select n.run_id, min(n.id) as first_id
                from stale_runs as n
                where n.run_id <> all(v_postponed)
                group by n.run_id
            ) as d on r.id = d.run_id
            order by d.first_id
            limit p_limit
            for no key update of r skip locked
        );
    end if;
    return array(
        select l.id
        from (
            select s.id::text as id, d.due_at
            from due_steps(p_now) as d
            inner join workshop_sessions as s on d.subject_id::uuid = s.id
            where d.step = p_step and s.id <> all(v_postponed)
            order by d.due_at, s.id
            limit p_limit
            for no key update of s skip locked
        ) as l
        group by l.id
        order by min(l.due_at), l.id
    );
end
$function$;

comment on function due_rows(text, timestamptz, integer) is
'Finds and locks the rows that a step of the clock is due for. p_step: one of steps(); p_now: time to judge by; p_limit:
most holds, offers, sessions or runs. Returns keys of sessions (for offer_runs and follow_runs, of runs), the longest
due first, without locked rows and without rows that failed and are not yet to be tried again. Raises nothing of its
own.';

revoke all on function due_rows(text, timestamptz, integer) from public;
