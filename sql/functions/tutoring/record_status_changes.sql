-- requires: functions/lifecycle.now
-- Once a statement, not a row: a tick moves sessions by the thousand, and a call for each would double its time.
-- The plan of the join is kept from the first call, whatever its size was: a nested loop would be fatal for the next.
-- Locks: none; it only inserts.
create or replace function record_status_changes()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
set enable_nestloop = off
as $function$
begin
    insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, changed_at)
    select
        'tutoring.session',
        a.id,
        b.status,
        a.status,
        coalesce(nullif(pg_catalog.current_setting('lifecycle.cause', true), ''), 'person'),
        current_user,
        lifecycle.now()
    from after as a
    inner join before as b on a.id = b.id
    where a.status is distinct from b.status
    order by a.id;
    return null;
end
$function$;

comment on function record_status_changes() is
'Trigger function (after update, statement, with transition tables before and after): one row in status_changes for
every session whose status moved, with cause, role and time. No arguments. Returns null. Raises nothing.';

revoke all on function record_status_changes() from public;
grant execute on function record_status_changes() to sessionbook_app;
