-- requires: functions/lifecycle.retry_failed_steps
-- security: what the clock may do is the owner's; the caller names at most a step, and the time is the server's.
-- Locks: as lifecycle.retry_failed_steps() says.
create or replace function retry_failed_steps(p_step text default null)
returns table (id bigint, step text, subject_id text, is_done boolean)
language sql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
    select r.id, r.step, r.subject_id, r.is_done
    from lifecycle.retry_failed_steps(pg_catalog.current_schema(), p_step) as r
$function$;

comment on function retry_failed_steps(text) is
'Tries all failed steps again at once, also those that were given up: for after a mend. p_step: one of steps(), null:
all. Returns a row for each: id, step, subject_id, and is_done, as retry_failed_step() returns it. Raises nothing of
its own.';

revoke all on function retry_failed_steps(text) from public;
grant execute on function retry_failed_steps(text) to sessionbook_app;
