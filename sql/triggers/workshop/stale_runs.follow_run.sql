-- requires: functions/follow_stale_run
-- PostgreSQL cannot replace a constraint trigger: when this text changes, so does its number, and the old one goes.
do $trigger$
begin
    if not exists (
        select
        from pg_catalog.pg_trigger as t
        where t.tgrelid = 'stale_runs'::regclass and t.tgname = 'zz_100_follow_run'
    ) then
        create constraint trigger zz_100_follow_run
        after insert on stale_runs
        deferrable initially deferred
        for each row
        execute function follow_stale_run();
    end if;
end
$trigger$;

comment on trigger zz_100_follow_run on stale_runs is
'Runs follow their sessions at the end of the transaction, if they are not locked.';
