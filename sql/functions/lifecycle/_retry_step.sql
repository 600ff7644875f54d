-- requires: functions/_try_step
-- Locks: the row of failed_steps, passed over while a tick tries it; then the row that moves, waiting for its holder no
-- longer than the caller's lock_timeout, and then as the unit's apply_step().
create or replace function _retry_step(p_schema_name text, p_id bigint, p_now timestamptz)
returns text
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_step text;
    v_subject_id text;
begin
    execute format(
        'with retried as (select f.id from %1$I.failed_steps as f where f.id = $1 for no key update skip locked)'
        ' update %1$I.failed_steps as f set attempts = 0, next_attempt_at = $2 from retried as r where r.id = f.id'
        ' returning f.step, f.subject_id',
        p_schema_name
    ) into v_step, v_subject_id using p_id, p_now;
    return case when v_step is not null then _try_step(p_schema_name, v_step, v_subject_id, p_now) else 'held' end;
end
$function$;

comment on function _retry_step(text, bigint, timestamptz) is
'Tries a failed step again, its attempts counted from the start. p_schema_name: schema of the installation; p_id: key
of its failed_steps; p_now: time to judge by. Returns what _try_step() returns; held also if a tick tries it just now.
Raises what is no fault of the row.';

revoke all on function _retry_step(text, bigint, timestamptz) from public;
