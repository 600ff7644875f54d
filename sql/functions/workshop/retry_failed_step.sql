-- requires: functions/lifecycle.retry_failed_step
-- security: the application may have a step tried again, which moves what is due and nothing else, by the server's
-- time.
-- Locks: as lifecycle.retry_failed_step().
create or replace function retry_failed_step(p_id bigint)
returns boolean
language sql
volatile
security definer
parallel unsafe
set search_path from current
return lifecycle.retry_failed_step(pg_catalog.current_schema(), p_id);

comment on function retry_failed_step(bigint) is
'Tries a failed step again at once, also one that was given up. p_id: key of failed_steps. Returns true if something
moved or nothing is due any more, and the row is gone then; false if it failed again (failed_steps says why) or
somebody holds what is due. Raises nothing of its own; PT404 failed_step_not_found.';

revoke all on function retry_failed_step(bigint) from public;
grant execute on function retry_failed_step(bigint) to sessionbook_app;
