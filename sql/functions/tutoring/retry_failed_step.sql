-- requires: functions/run_step, functions/lifecycle.now
-- security: the steps of the clock run as the owner, as in a tick; the caller names an open row of failed_steps and
-- nothing else, and a step moves only what is due.
-- Locks: the row of failed_steps; then as apply_step().
create or replace function retry_failed_step(p_id bigint)
returns boolean
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_cause constant text := coalesce(pg_catalog.current_setting('lifecycle.cause', true), '');
    v_failed failed_steps;
    v_went_through boolean;
begin
    select f.* into v_failed
    from failed_steps as f
    where f.id = p_id
    for no key update;
    if not found or v_failed.resolved_at is not null then
        raise exception using
            errcode = 'PT404',
            constraint = 'failed_step_not_found',
            message = format('there is no failed step %s to try again', coalesce(p_id::text, 'null')),
            detail = e'key: failed_step_not_found\n' || case
                when v_failed.id is null then 'No row of failed_steps has this id.'
                else format('It was resolved at %s.', v_failed.resolved_at)
            end,
            hint = 'Open ones have neither resolved_at; those given up have no next_try_at either.';
    end if;
    update failed_steps as f
    set tries = 0
    where f.id = p_id;
    perform pg_catalog.set_config('lifecycle.cause', 'clock', true);
    select r.failed = 0 into v_went_through
    from run_step(v_failed.step, array[v_failed.subject_id], v_now) as r;
    perform pg_catalog.set_config('lifecycle.cause', v_cause, true);
    return v_went_through;
end
$function$;

comment on function retry_failed_step(bigint) is
'Tries a failed step again at once, also one that was given up; its tries count from the start again. p_id: key in
failed_steps. Returns true where it went through or is no longer due, false where it failed again (failed_steps says
why). Raises PT404 failed_step_not_found.';

revoke all on function retry_failed_step(bigint) from public;
grant execute on function retry_failed_step(bigint) to sessionbook_app;
