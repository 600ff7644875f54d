-- requires: functions/follow_changed_session
-- Not for the clock: advance_sessions() has the runs follow, once for all sessions it moved, in half the time.
-- PostgreSQL cannot replace a constraint trigger: when this text changes, so does its number, and the old one goes.
do $trigger$
begin
    if not exists (
        select
        from pg_catalog.pg_trigger as t
        where t.tgrelid = 'workshop_sessions'::regclass and t.tgname = '_710_follow_status'
    ) then
        create constraint trigger _710_follow_status
        after update on workshop_sessions
        deferrable initially deferred
        for each row
        when (
            old.status is distinct from new.status
            and (old.run_id is not null or new.run_id is not null)
            and pg_catalog.current_setting('lifecycle.cause', true) is distinct from 'clock'
        )
        execute function follow_changed_session();
    end if;
end
$trigger$;

comment on trigger _710_follow_status on workshop_sessions is
'Runs follow the status of their sessions at the end of the transaction; for the clock, advance_sessions() does it.';
