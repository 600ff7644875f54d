-- requires: functions/due_steps
-- pg_cron makes a new connection for every tick, and planning is most of the cost of an idle one. So it is one query,
-- parsed when the function was made. The planner does not know the time, so it does not prefer an index to the whole
-- table.
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
    select exists (select f.id from failed_steps as f) or exists (select d.step from due_steps(p_now) as d);
end;
-- noqa: enable=RF02,RF03

comment on function has_work(timestamptz) is
'Whether a pass of the clock may have something to do: something is due, or a failed step has to be tried again or
deleted. p_now: time to judge by. Returns false only if there is nothing. Raises nothing.';

revoke all on function has_work(timestamptz) from public;
