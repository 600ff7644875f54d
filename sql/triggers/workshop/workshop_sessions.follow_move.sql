-- requires: functions/follow_changed_session
-- PostgreSQL cannot replace a constraint trigger: when this text changes, so does its number, and the old one goes.
do $trigger$
begin
    if not exists (
        select
        from pg_catalog.pg_trigger as t
        where t.tgrelid = 'workshop_sessions'::regclass and t.tgname = '_700_follow_move'
    ) then
        create constraint trigger _700_follow_move
        after update of run_id, session_date, end_date, session_dates on workshop_sessions
        deferrable initially deferred
        for each row
        when (
            (old.run_id, old.session_date, old.end_date, old.session_dates)
            is distinct from (new.run_id, new.session_date, new.end_date, new.session_dates)
        )
        execute function follow_changed_session();
    end if;
end
$trigger$;

comment on trigger _700_follow_move on workshop_sessions is
'Runs follow sessions that change their days or their run, at the end of the transaction.';
