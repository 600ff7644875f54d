-- requires: functions/lifecycle.retry_failed_steps
-- security: as lifecycle.retry_failed_steps(), locks too; the caller names one failed step. No row has the key 0.
create or replace function retry_failed_step(p_id bigint)
returns boolean
language sql
volatile
security definer
parallel unsafe
set search_path from current
return (
    select r.is_done from lifecycle.retry_failed_steps(current_schema(), null, coalesce(p_id, 0)) as r -- noqa: RF03
);

comment on function retry_failed_step(bigint) is
'Repeats a failed step at once, even one that was given up. p_id: key of failed_steps. Returns true if nothing is due
any more; its row is deleted then. Raises PT404 failed_step_not_found, PT409 transaction_has_written.';

revoke all on function retry_failed_step(bigint) from public;
grant execute on function retry_failed_step(bigint) to sessionbook_app;
