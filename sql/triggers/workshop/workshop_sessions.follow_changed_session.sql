-- requires: functions/follow_changed_session
-- PostgreSQL cannot replace a constraint trigger: when this text changes, so does its number, and the old one goes.
do $trigger$
begin
    if not exists (
        select
        from pg_catalog.pg_trigger as t
        where t.tgrelid = 'workshop_sessions'::regclass and t.tgname = '_700_follow_changed_session'
    ) then
        create constraint trigger _700_follow_changed_session
        after update on workshop_sessions
        deferrable initially deferred
        for each row
        when (
            (old.run_id, old.status, old.session_date, old.end_date, old.session_dates)
            is distinct from (new.run_id, new.status, new.session_date, new.end_date, new.session_dates)
            or (old.current_attendees > 0) <> (new.current_attendees > 0)
        )
        execute function follow_changed_session();
    end if;
end
$trigger$;

comment on trigger _700_follow_changed_session on workshop_sessions is
'Runs follow their sessions, at the end of the transaction.';
