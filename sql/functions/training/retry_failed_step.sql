-- requires: functions/try_step, functions/lifecycle.now
-- Locks: the item, waiting for whoever holds it; then as try_step().
create or replace function retry_failed_step(p_id bigint)
returns boolean
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_step text;
    v_item_id text;
    v_result text;
begin
    select f.step, f.subject_id
    into v_step, v_item_id
    from failed_steps as f
    where f.id = p_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'failed_step_not_found',
            message = format('there is no failed step %s', coalesce(p_id::text, 'null')),
            detail = e'key: failed_step_not_found\n'
                || 'A step that succeeded, or is no longer due, is in failed_steps no more.',
            hint = 'Look into failed_steps.';
    end if;
    perform
    from compliance_items as i
    where i.id = v_item_id
    for no key update;
    v_result := try_step(v_step, v_item_id, v_now);
    if v_result = 'passed over' then
        delete from failed_steps as f where f.id = p_id;
    end if;
    return v_result <> 'failed';
end
$function$;

comment on function retry_failed_step(bigint) is
'Tries a failed step again at once, also one that was given up. p_id: key of failed_steps. Returns true where it went
through or is no longer due, and the row is gone then; false where it failed again (failed_steps says why). Raises PT404
failed_step_not_found.';

revoke all on function retry_failed_step(bigint) from public;
grant execute on function retry_failed_step(bigint) to sessionbook_app;
