-- requires: views/lifecycle.status_rules, functions/lifecycle.now
-- Locks: none; it only inserts.
-- A move by the seat counter has handed its cause back by now, so a cause that does not fit the move is looked up.
create or replace function record_status_change()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_setting constant text := coalesce(nullif(pg_catalog.current_setting('lifecycle.cause', true), ''), 'person');
begin
    insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, changed_at)
    select
        tg_argv[0],
        new.id,
        old.status,
        new.status,
        r.cause,
        current_user,
        lifecycle.now()
    from lifecycle.status_rules as r
    where r.machine = tg_argv[0]
        and r.from_status = old.status
        and r.to_status = new.status
    order by r.cause = v_setting desc, r.cause
    limit 1;
    return null;
end
$function$;

comment on function record_status_change() is
'Trigger function (after update, row, where status changed): one row in status_changes with cause, role and time.
Argument: the machine, such as workshop.session. Returns null. Raises nothing.';

revoke all on function record_status_change() from public;
grant execute on function record_status_change() to sessionbook_app;
