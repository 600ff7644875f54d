-- requires: functions/due_steps
-- Separate from _has_waitlist_work(), so that it is planned only if it is called.
create or replace function _has_seats_to_offer(p_now timestamptz)
returns boolean
language sql
stable
security invoker
parallel unsafe
set search_path from current
begin atomic
    -- noqa: disable=LT06,RF03
    select exists (
        select d.step
        from due_steps(p_now) as d
        where d.step in ('offer_seats', 'offer_runs', 'close_waitlists')
    );
end;
-- noqa: enable=LT06,RF03

comment on function _has_seats_to_offer(timestamptz) is
'Whether seats are free while people wait for them, or a waiting list is to be closed. p_now: time to judge by. Returns
boolean. Raises nothing.';

revoke all on function _has_seats_to_offer(timestamptz) from public;
