-- requires: functions/lifecycle._is_clock, functions/lifecycle.actor, functions/lifecycle.changed_by
-- requires: functions/lifecycle.now, views/status_rules
-- security: nobody but the owner writes history and stale_runs. Only what the row's move is made of goes into them.
-- One trigger function for both, because a session moves with its first and its last seat, on a hot path. The clock's
-- own moves are recorded by apply_step(), all at once.
-- Locks: none; it only inserts.
create or replace function record_session_move()
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
    values (
        'workshop.session',
        new.id,
        old.status,
        new.status,
        case
            when old.status in ('upcoming', 'active', 'full') and new.status in ('upcoming', 'active', 'full')
                then 'seats'
            else 'person'
        end,
        lifecycle.changed_by(),
        lifecycle.actor(),
        lifecycle.now()
    );
    if new.run_id is not null then
        insert into stale_runs (run_id) values (new.run_id);
    end if;
    return null;
end
$function$;

comment on function record_session_move() is
'Trigger function (after update, row, if the status of a session changed): one row in status_changes with cause, role,
actor and time, and a note that its run is to follow. No arguments. Returns null. Raises nothing.';

revoke all on function record_session_move() from public;
