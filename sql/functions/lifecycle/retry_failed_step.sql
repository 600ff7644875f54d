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
'Tries a failed step again at once, as retry_failed_steps() does. p_schema_name: schema of the installation; p_id: key
of its failed_steps. Returns is_done as there. Raises what that function raises.';

revoke all on function retry_failed_step(text, bigint) from public;
