-- requires: functions/_observe
-- security: it reads one run by its key, and says no more of it than whose it is.
-- The composite foreign key holds the same for good; this says it in words before the constraint can.
-- Items of orders, of which create_order() makes two and more at a time, have the foreign key alone.
-- Locks: none; the foreign key's key share lock on the run follows.
create or replace function validate_session_run_id()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_workshop_id uuid;
begin
    select r.workshop_id into v_workshop_id
    from workshop_runs as r
    where r.id = new.run_id;
    if v_workshop_id is distinct from new.workshop_id
        and not _observe(
            'run_workshop_mismatch', format('%s.%s', 'workshop', tg_table_name), new.id::text, null, new.run_id::text
        )
    then
        raise exception using
            errcode = 'PT409',
            constraint = 'run_workshop_mismatch',
            message = format('run_id %s does not belong to workshop %s', new.run_id, new.workshop_id),
            detail = e'key: run_workshop_mismatch\n' || case
                when v_workshop_id is null then 'There is no such run.'
                else format('It is a run of workshop %s.', v_workshop_id)
            end,
            hint = 'Use a run of the same workshop, or none: ensure_default_workshop_run() gathers sessions without one.';
    end if;
    return new;
end
$function$;

comment on function validate_session_run_id() is
'Trigger function (before insert or update of run_id or workshop_id, row, if run_id is given): the run must be of the
row''s own workshop. No arguments. Returns the row. Raises PT409 run_workshop_mismatch.';

revoke all on function validate_session_run_id() from public;
