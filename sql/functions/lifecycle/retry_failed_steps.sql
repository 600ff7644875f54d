-- requires: functions/_retry_steps
-- security: as retry_failed_step().
-- Locks: as _retry_steps(); it waits for nobody longer than a tenth of a second.
create or replace function retry_failed_steps(p_schema_name text, p_step text default null)
returns table (id bigint, step text, subject_id text, is_done boolean)
language sql
volatile
security definer
parallel unsafe
set search_path from current
set lock_timeout = '100ms'
begin atomic
    select r.id, r.step, r.subject_id, r.is_done
    from _retry_steps(p_schema_name, p_step, null) as r; -- noqa: RF03
end;

comment on function retry_failed_steps(text, text) is
'Tries failed steps again at once, also those that were given up, at most 10000, the oldest first; it ends after 20
that somebody held. p_schema_name: schema of the installation; p_step: only this step (default all). Returns id, step,
subject_id of each that it tried, and is_done: true as in retry_failed_step(). Raises PT409 transaction_has_written,
PT409 schema_not_ours.';

revoke all on function retry_failed_steps(text, text) from public;
