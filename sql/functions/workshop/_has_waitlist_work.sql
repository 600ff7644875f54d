-- requires: functions/_has_seats_to_offer
-- Separate from has_work(), so that it is planned only if it is called.
create or replace function _has_waitlist_work(p_now timestamptz)
returns boolean
language sql
stable
security invoker
parallel unsafe
set search_path from current
begin atomic
    -- noqa: disable=RF02,RF03
    select
        exists (
            select
            from waitlist_entries as w
            where w.status = 'offered' and w.offer_expires_at <= p_now
        )
        or case
            when exists (
                select
                from workshop_sessions as s
                where s.waiting_count > 0 and s.status in ('upcoming', 'active', 'full', 'completed', 'cancelled')
            )
                or exists (select from waitlist_entries as w where w.status = 'waiting' and w.run_id is not null)
                then _has_seats_to_offer(p_now)
            else false
        end;
end;
-- noqa: enable=RF02,RF03

comment on function _has_waitlist_work(timestamptz) is
'Whether an offer ran out, seats are free while people wait for them, or a waiting list is to be closed. p_now: time to
judge by. Returns boolean. Raises nothing.';

revoke all on function _has_waitlist_work(timestamptz) from public;
