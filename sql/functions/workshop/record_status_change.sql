-- requires: functions/lifecycle._is_clock, functions/lifecycle.actor, functions/lifecycle.changed_by
-- requires: functions/lifecycle.now, views/status_rules
-- security: nobody but the owner writes history. Only what the row's move is made of goes into it.
-- The clock's own moves are recorded by apply_step(), all at once.
-- Locks: none; it only inserts.
create or replace function record_status_change()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    if lifecycle._is_clock(pg_catalog.pg_trigger_depth() - 1) then
        return null;
    end if;
    insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at)
    select
        tg_argv[0],
        new.id,
        old.status,
        new.status,
        case when bool_or(r.cause = 'person') then 'person' else 'seats' end,
        lifecycle.changed_by(),
        lifecycle.actor(),
        lifecycle.now()
    from status_rules as r
    where r.machine = tg_argv[0] and r.from_status = old.status and r.to_status = new.status;
    return null;
end
$function$;

comment on function record_status_change() is
'Trigger function (after update, row, if the status changed): one row in status_changes with cause, role, actor and
time. Argument: the machine, such as workshop.order. Returns null. Raises nothing.';

revoke all on function record_status_change() from public;
