-- requires: functions/retry_failed_steps
-- security: as retry_failed_steps(). Locks: as there.
create or replace function retry_failed_step(p_schema_name text, p_id bigint)
returns boolean
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    -- No row has the key 0, and null would ask for all.
    v_is_done constant boolean := (select r.is_done from retry_failed_steps(p_schema_name, null, coalesce(p_id, 0)) as r);
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
'Tries a failed step again at once, as retry_failed_steps() does. p_schema_name: schema of the installation; p_id: key
of its failed_steps. Returns is_done as there. Raises PT404 failed_step_not_found, and what that function raises.';

revoke all on function retry_failed_step(text, bigint) from public;
