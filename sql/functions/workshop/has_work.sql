-- requires: functions/_has_waitlist_work
-- pg_cron makes a new connection for every tick, and planning is most of the cost of an idle one. So the cheap checks
-- are one query, parsed when the function was made, and waiting lists are checked only if there was ever one: loading
-- the catalog data of their table and its many indexes is a third of the cost. The planner does not know the time, so
-- it does not prefer an index to the whole table.
create or replace function has_work(p_now timestamptz)
returns boolean
language sql
stable
security invoker
parallel unsafe
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set row_security = off
begin atomic
    -- noqa: disable=RF02,RF03
    select
        exists (select f.id from failed_steps as f)
        or exists (select n.id from stale_runs as n)
        or exists (
            select
            from enrollments as e
            where e.status = 'pending' and e.expires_at <= p_now and e.session_id is not null
        )
        or exists (
            select
            from workshop_sessions as s
            where s.min_attendees > 0
                and (s.minimum_asked_at is null or s.minimum_asked_at < s.decide_at)
                and s.decide_at <= p_now
                and s.status in ('upcoming', 'active', 'full')
        )
        or exists (
            select
            from workshop_sessions as s
            where s.status in ('upcoming', 'active', 'full') and s.over_at <= p_now
        )
        or case
            when pg_relation_size('waitlist_entries'::regclass) > 0 then _has_waitlist_work(p_now)
            else false
        end;
end;
-- noqa: enable=RF02,RF03

comment on function has_work(timestamptz) is
'Whether a pass of the clock may have something to do: something is due, or a failed step has to be tried again or
deleted. p_now: time to judge by. Returns false only if there is nothing. Raises nothing.';

revoke all on function has_work(timestamptz) from public;
