-- requires: functions/try_step, functions/lifecycle.now
-- Locks: the session, waiting for whoever holds it; then as try_step().
create or replace function retry_failed_step(p_id bigint)
returns text
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_step text;
    v_session_id uuid;
    v_result text;
begin
    select f.step, f.subject_id
    into v_step, v_session_id
    from failed_steps as f
    where f.id = p_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'failed_step_not_found',
            message = format('there is no failed step %s', coalesce(p_id::text, 'null')),
            detail = 'A step that succeeded, or is no longer due, is in failed_steps no more.',
            hint = 'Look into failed_steps.';
    end if;
    perform
    from workshop_sessions as s
    where s.id = v_session_id
    for no key update;
    v_result := try_step(v_step, v_session_id, v_now);
    if v_result = 'passed over' then
        delete from failed_steps as f where f.id = p_id;
        v_result := 'not due';
    end if;
    return v_result;
end
$function$;

comment on function retry_failed_step(bigint) is
'Tries a failed step again at once, also one that was given up. p_id: key of failed_steps. Returns moved, failed
(failed_steps has the newest reason), or not due (it has moved or gone since, and is forgotten). Raises PT404
failed_step_not_found.';

revoke all on function retry_failed_step(bigint) from public;
grant execute on function retry_failed_step(bigint) to sessionbook_app;
