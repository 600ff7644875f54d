-- requires: functions/lifecycle.now
-- Locks: none; it only inserts.
create or replace function record_status_change()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, changed_at)
    values (
        tg_argv[0],
        new.id,
        old.status,
        new.status,
        coalesce(nullif(pg_catalog.current_setting('lifecycle.cause', true), ''), 'person'),
        current_user,
        lifecycle.now()
    );
    return null;
end
$function$;

comment on function record_status_change() is
'Trigger function (after update, row, where status changed): one row in status_changes with cause, role and time.
Argument: the machine, such as training.session. Returns null. Raises nothing.';

revoke all on function record_status_change() from public;
grant execute on function record_status_change() to sessionbook_app;
