-- requires: functions/due_steps
-- The plan knows no time, so that an index looks no better to it than the whole table.
create or replace function has_work(p_now timestamptz)
returns boolean
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set row_security = off
as $function$
begin
    return exists (select from failed_steps as f) or exists (select from due_steps(p_now) as d);
end
$function$;

comment on function has_work(timestamptz) is
'Whether a pass of the clock may have something to do: something is due, or a failed step is to be tried or forgotten.
p_now: time to judge by. Returns false only if there is nothing. Raises nothing.';

revoke all on function has_work(timestamptz) from public;
