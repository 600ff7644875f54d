-- Locks: none.
create or replace function _cloned_run(p_run workshop_runs, p_request jsonb)
returns table (new_run_id uuid, sessions_created integer)
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    if p_run.idempotency_request is distinct from p_request then
        raise exception using
            errcode = 'PT409',
            constraint = 'idempotency_key_reused',
            message = 'the idempotency key was used for something else',
            detail = e'key: idempotency_key_reused\n'
                || format('Run %s was cloned to another day, from another run, or under another name.', p_run.id),
            hint = 'Make up a new key for each clone.';
    end if;
    return query
    select p_run.id, count(*)::integer
    from workshop_sessions as s
    where s.run_id = p_run.id;
end
$function$;

comment on function _cloned_run(workshop_runs, jsonb) is
'The run that an idempotency key of clone_workshop_sessions() was used for. p_run: the run; p_request: what is asked for
now. Returns new_run_id and sessions_created (the sessions it has now). Raises PT409 idempotency_key_reused.';

revoke all on function _cloned_run(workshop_runs, jsonb) from public;
