-- requires: functions/_retry_steps
-- security: each unit's retry_failed_step() calls it as the owner. The caller names an open row of failed_steps and
-- nothing else, and a step moves only what is due by lifecycle.now().
-- Locks: as _retry_steps(); it waits for nobody longer than two seconds.
create or replace function retry_failed_step(p_schema_name text, p_id bigint)
returns boolean
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set lock_timeout = '2s'
as $function$
declare
    -- No row has the key 0, which null asks for.
    v_is_done constant boolean := (
        select r.is_done
        from _retry_steps(p_schema_name, null, coalesce(p_id, 0)) as r
    );
begin
    if v_is_done is null then
        raise exception using
            errcode = 'PT404',
            constraint = 'failed_step_not_found',
            message = format('there is no failed step %s', coalesce(p_id::text, 'null')),
            detail = e'key: failed_step_not_found\n'
                || 'A step that succeeded, or is no longer due, is not in failed_steps any more.',
            hint = format('See %I.failed_steps.', p_schema_name);
    end if;
    return v_is_done;
end
$function$;

comment on function retry_failed_step(text, bigint) is
'Tries a failed step again at once, also one that was given up; its attempts count from the start again. p_schema_name:
schema of the installation; p_id: key of its failed_steps. Returns true only if something moved or nothing is due any
more, and the row is gone then; false if it failed again or if somebody holds what it needs. Raises PT404
failed_step_not_found, PT409 transaction_has_written, PT409 schema_not_ours.';

revoke all on function retry_failed_step(text, bigint) from public;
