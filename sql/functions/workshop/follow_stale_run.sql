-- requires: functions/_follow_runs
-- security: the run is not the caller's to write. It takes one key, from a row that only the owner writes.
-- Fires at the end of the transaction, once for each note; the first of a run does the work and deletes the notes.
-- Locks: the run, skipped if it is locked: the caller has locked sessions, and the transaction that has locked the run
-- may wait for these. The note then stays, for the step follow_runs of the clock. So it does in a transaction that
-- keeps its snapshot: that may miss sessions committed since.
create or replace function follow_stale_run()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    if pg_catalog.current_setting('transaction_isolation') in ('repeatable read', 'serializable')
        or not exists (select from stale_runs as n where n.id = new.id)
    then
        return null;
    end if;
    perform
    from workshop_runs as r
    where r.id = new.run_id
    for no key update skip locked;
    if found or not exists (select from workshop_runs as r where r.id = new.run_id) then
        perform _follow_runs(array[new.run_id]);
    end if;
    return null;
end
$function$;

comment on function follow_stale_run() is
'Trigger function (after insert on stale_runs, row, deferred): the run follows its sessions, if it is not locked. No
arguments. Returns null. Raises nothing of its own.';

revoke all on function follow_stale_run() from public;
