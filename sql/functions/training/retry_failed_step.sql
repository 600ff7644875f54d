-- requires: functions/lifecycle.retry_failed_step
-- security: what the clock may do is the owner's; the caller names one failed step, and the time is the server's.
-- Locks: as lifecycle.retry_failed_step() says.
create or replace function retry_failed_step(p_id bigint)
returns boolean
language sql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
    select lifecycle.retry_failed_step(pg_catalog.current_schema(), p_id)
$function$;

comment on function retry_failed_step(bigint) is
'Tries a failed step again at once, also one that was given up. p_id: key of failed_steps. Returns true if the step went
through or is no longer due, and the row is gone then; false if it failed again (failed_steps says why). Raises nothing
of its own; PT404 failed_step_not_found.';

revoke all on function retry_failed_step(bigint) from public;
grant execute on function retry_failed_step(bigint) to sessionbook_app;
