-- requires: functions/due_steps
-- pg_cron makes a new connection for every tick, and planning is most of what an idle one costs. So this asks for what
-- is easy to ask, in one plan, and for the rest only if anybody waits for a seat. The plan knows no time, so that an
-- index looks no better to it than the whole table.
create or replace function has_work(p_now timestamptz)
returns boolean
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set row_security = off
as $function$
begin
    if exists (select from failed_steps as f)
        or exists (select from stale_runs as n)
        or exists (
            select
            from enrollments as e
            where e.status = 'pending' and e.expires_at <= p_now and e.session_id is not null
        )
        or exists (
            select
            from waitlist_entries as w
            where w.status = 'offered' and w.offer_expires_at <= p_now
        )
        or exists (
            select
            from workshop_sessions as s
            where s.min_attendees > 0
                and (s.minimum_asked_at is null or s.minimum_asked_at < s.decide_at)
                and s.decide_at <= p_now
                and s.status in ('upcoming', 'active', 'full')
        )
        or exists (
            select
            from workshop_sessions as s
            where s.status in ('upcoming', 'active', 'full') and s.over_at <= p_now
        )
    then
        return true;
    end if;
    if exists (select from waitlist_entries as w where w.status = 'waiting' and w.run_id is not null)
        and exists (select from due_steps(p_now) as d where d.step = 'offer_runs')
    then
        return true;
    end if;
    if exists (
        select
        from workshop_sessions as s
        where s.waiting_count > 0 and s.status in ('upcoming', 'active', 'full', 'completed', 'cancelled')
    ) then
        return exists (
            select
            from due_steps(p_now) as d
            where d.step in ('offer_seats', 'close_waitlists')
        );
    end if;
    return false;
end
$function$;

comment on function has_work(timestamptz) is
'Whether a pass of the clock may have something to do: something is due, or a failed step is to be tried or forgotten.
p_now: time to judge by. Returns false only if there is nothing. Raises nothing.';

revoke all on function has_work(timestamptz) from public;
