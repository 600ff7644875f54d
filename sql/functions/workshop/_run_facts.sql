-- requires: functions/run_status
-- No search_path of its own: callers inline it.
create or replace function _run_facts(p_run_id uuid)
returns table (status text, start_date date, end_date date)
language sql
stable
security invoker
parallel safe
begin atomic
    select
        run_status(
            count(*) filter (where s.status <> 'cancelled'),
            count(*) filter (where s.status in ('upcoming', 'active', 'full')),
            count(*) filter (where s.status = 'full'),
            sum(s.current_attendees) filter (where s.status <> 'cancelled')
        ),
        coalesce(min(s.session_date) filter (where s.status <> 'cancelled'), min(s.session_date)),
        coalesce(max(s.last_date) filter (where s.status <> 'cancelled'), max(s.last_date))
    from workshop_sessions as s
    where s.run_id = p_run_id -- noqa: RF03
    having count(*) > 0;
end;

comment on function _run_facts(uuid) is
'What the sessions of a run make of it; cancelled ones do not count, unless all are. p_run_id: the run. Returns status,
start_date and end_date, one row; no row if the run has no sessions. Raises nothing.';

revoke all on function _run_facts(uuid) from public;
