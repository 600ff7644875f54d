-- requires: functions/_run_facts
-- One statement reads the sessions and writes the runs, so that enforce_status() sees the sessions that the status was
-- read from. Notes are deleted by a statement before it: a caller that changes a session later writes a new one.
-- Locks: rows of stale_runs, which nobody else locks while the caller has their runs. Sessions are not locked.
create or replace function _follow_runs(p_run_ids uuid[])
returns table (run_id uuid, from_status text, to_status text)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    delete from stale_runs as n
    where n.run_id = any(p_run_ids);
    return query
    with stale as (
        select r.id, r.status as before, t.status, t.start_date, t.end_date
        from workshop_runs as r
        cross join lateral _run_facts(r.id) as t
        where r.id = any(p_run_ids)
            and (r.status, r.start_date, r.end_date) is distinct from (t.status, t.start_date, t.end_date)
    )
    update workshop_runs as r
    set status = f.status, start_date = f.start_date, end_date = f.end_date
    from stale as f
    where f.id = r.id
    returning r.id, f.before::text, r.status::text;
end
$function$;

comment on function _follow_runs(uuid[]) is
'Brings status, start_date and end_date of runs in line with their sessions: cancelled ones do not count, unless all
are; a run without sessions stays as it is. Notes in stale_runs of these runs go. p_run_ids: keys of workshop_runs that
the caller has locked, or that are gone. Returns run_id, from_status and to_status of the runs that were written, the
two alike if only dates changed. Raises nothing of its own.';

revoke all on function _follow_runs(uuid[]) from public;
