-- requires: functions/due_steps
-- Apart from has_work(), so that each query is planned only if it is asked.
create or replace function _has_waitlist_work(p_now timestamptz)
returns boolean
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    if exists (select from waitlist_entries as w where w.status = 'offered' and w.offer_expires_at <= p_now) then
        return true;
    elsif exists (
        select
        from workshop_sessions as s
        where s.waiting_count > 0 and s.status in ('upcoming', 'active', 'full', 'completed', 'cancelled')
    )
        or exists (select from waitlist_entries as w where w.status = 'waiting' and w.run_id is not null)
    then
        return exists (
            select
            from due_steps(p_now) as d
            where d.step in ('offer_seats', 'offer_runs', 'close_waitlists')
        );
    end if;
    return false;
end
$function$;

comment on function _has_waitlist_work(timestamptz) is
'Whether an offer ran out, seats are free while people wait for them, or a waiting list is to be closed. p_now: time to
judge by. Returns boolean. Raises nothing.';

revoke all on function _has_waitlist_work(timestamptz) from public;
