-- requires: functions/retry_failed_steps
-- security: as retry_failed_steps(). Locks: as there.
create or replace function retry_failed_step(p_schema_name text, p_id bigint)
returns boolean
language sql
volatile
security definer
parallel unsafe
set search_path from current
-- No row has the key 0, and null would ask for all.
return (select r.is_done from retry_failed_steps(p_schema_name, null, coalesce(p_id, 0)) as r); -- noqa: RF03

comment on function retry_failed_step(text, bigint) is
'Calls retry_failed_steps() for one. p_schema_name: as there; p_id: its failed_steps.id. Returns is_done. Raises so.';

revoke all on function retry_failed_step(text, bigint) from public;
