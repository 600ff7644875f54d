-- requires: functions/lifecycle.retry_failed_steps
-- security: as retry_failed_step(); the caller names a step and nothing else.
-- Locks: as lifecycle.retry_failed_steps().
create or replace function retry_failed_steps(p_step text default null)
returns table (id bigint, step text, subject_id text, is_done boolean)
language sql
volatile
security definer
parallel unsafe
set search_path from current
begin atomic
    select r.id, r.step, r.subject_id, r.is_done
    from lifecycle.retry_failed_steps(pg_catalog.current_schema(), p_step) as r; -- noqa: RF03
end;

comment on function retry_failed_steps(text) is
'Tries failed steps again at once, also those that were given up, the oldest first, at most 10000. p_step: only this
step (default all). Returns id, step, subject_id and is_done: true as in retry_failed_step(). Raises nothing of its own;
PT409 transaction_has_written, PT409 schema_not_ours.';

revoke all on function retry_failed_steps(text) from public;
grant execute on function retry_failed_steps(text) to sessionbook_app;
