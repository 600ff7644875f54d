-- requires: functions/run_status
-- Locks: the runs given, in id order, before their sessions are read: of two transactions that change sessions of one
-- run, the second reads what the first committed. Sessions are not locked. Callers hold their sessions' locks by now
-- and take none after it, so nobody waits for a session while holding a run. A transaction that keeps its snapshot
-- would read what was before: so it share-locks the sessions, passing over those that somebody holds (who follows
-- later), and has 40001 where one is newer.
create or replace function follow_sessions(p_run_ids uuid[])
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_cause constant text := coalesce(pg_catalog.current_setting('lifecycle.cause', true), '');
    v_run record;
begin
    perform
    from workshop_runs as r
    where r.id = any(p_run_ids)
    order by r.id
    for no key update;
    if pg_catalog.current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        perform
        from workshop_sessions as s
        where s.run_id = any(p_run_ids)
        order by s.id
        for share skip locked;
    end if;
    for v_run in
        select r.id, t.status, t.start_date, t.end_date
        from workshop_runs as r
        inner join lateral (
            select
                coalesce(min(s.session_date) filter (where s.status <> 'cancelled'), min(s.session_date)) as start_date,
                coalesce(max(s.last_date) filter (where s.status <> 'cancelled'), max(s.last_date)) as end_date,
                run_status(
                    count(*) filter (where s.status <> 'cancelled'),
                    count(*) filter (where s.status in ('upcoming', 'active', 'full')),
                    count(*) filter (where s.status = 'full'),
                    sum(s.current_attendees) filter (where s.status <> 'cancelled')
                ) as status
            from workshop_sessions as s
            where s.run_id = r.id
        ) as t on t.start_date is not null
        where r.id = any(p_run_ids)
            and (r.status, r.start_date, r.end_date) is distinct from (t.status, t.start_date, t.end_date)
        order by r.id
    loop
        -- What seats make of a run has cause seats; completed and cancelled, that of whoever moved the sessions.
        perform pg_catalog.set_config(
            'lifecycle.cause',
            case when v_run.status in ('upcoming', 'active', 'full') then 'seats,' || v_cause else v_cause end,
            true
        );
        update workshop_runs as r
        set status = v_run.status, start_date = v_run.start_date, end_date = v_run.end_date
        where r.id = v_run.id;
        perform pg_catalog.set_config('lifecycle.cause', v_cause, true);
    end loop;
end
$function$;

comment on function follow_sessions(uuid[]) is
'Brings status, start_date and end_date of runs in line with their sessions: cancelled ones do not count, unless all
are; a run without sessions stays as it is. p_run_ids: keys of workshop_runs, unknown ones are passed over. Returns
nothing. Raises nothing of its own.';

revoke all on function follow_sessions(uuid[]) from public;
grant execute on function follow_sessions(uuid[]) to sessionbook_app;
