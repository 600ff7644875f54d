-- requires: functions/lifecycle.retry_failed_step
-- security: the engine takes a step as the owner, as in a tick; the caller names a row of failed_steps and nothing
-- else.
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
'Tries a failed step again at once, also one that was given up; its attempts count from the start again. p_id: key in
failed_steps. Returns true only if something moved or nothing is due any more; false if it failed again (failed_steps
says why) or if somebody holds the row. Raises nothing of its own; PT404 failed_step_not_found, PT409
transaction_has_written, PT409 schema_not_ours.';

revoke all on function retry_failed_step(bigint) from public;
grant execute on function retry_failed_step(bigint) to sessionbook_app;
