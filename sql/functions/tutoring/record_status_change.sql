-- requires: functions/lifecycle.actor, functions/lifecycle.changed_by, functions/lifecycle.now
-- security: nobody but the owner writes history, and nobody says its cause, role or time.
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
    insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at)
    values (
        tg_argv[0], new.id::text, old.status, new.status, 'person', lifecycle.changed_by(), lifecycle.actor(),
        lifecycle.now()
    );
    return null;
end
$function$;

comment on function record_status_change() is
'Trigger function (after update, row, if a person changed the status): one row in status_changes with cause person,
role, actor and time. Argument: the machine, such as tutoring.session. Returns null. Raises nothing.';

revoke all on function record_status_change() from public;
