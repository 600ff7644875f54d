-- requires: functions/lifecycle.retry_failed_steps
-- security: as lifecycle.retry_failed_steps(); the caller names at most a step. Locks: as there.
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
'Repeats all failed steps at once, even those that were given up. p_step: only this step, one of steps() (default all).
Returns id, step, subject_id, is_done (as retry_failed_step()) of each. Raises PT409 transaction_has_written.';

revoke all on function retry_failed_steps(text) from public;
grant execute on function retry_failed_steps(text) to sessionbook_app;
