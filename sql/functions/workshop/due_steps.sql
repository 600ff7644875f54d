-- requires: functions/takes_bookings
-- The one place that says what the clock has to do. One partial index an arm: every tick asks, and it has to be as
-- quick beside a million sessions as beside ten.
-- No search_path of its own: callers inline it, and a condition on step leaves the one arm.
create or replace function due_steps(p_now timestamptz)
returns table (step text, session_id uuid, due_at timestamptz)
language sql
stable
security invoker
parallel safe
begin atomic
    select 'release_holds'::text, e.session_id, e.expires_at
    from enrollments as e
    where e.status = 'pending' and e.expires_at <= p_now and e.session_id is not null -- noqa: RF03
    union all
    select 'expire_offers'::text, w.session_id, w.offer_expires_at
    from waitlist_entries as w
    where w.status = 'offered' and w.offer_expires_at <= p_now -- noqa: RF03
    union all
    -- Seats are offered when they are freed; this is for what no seat tells: booking opened, a workshop back on sale.
    select 'offer_seats'::text, s.id, s.starts_at
    from workshop_sessions as s
    where s.waiting_count > 0
        and s.status in ('upcoming', 'active')
        and takes_bookings(s.status, s.starts_at, s.booking_opens_at, s.booking_closes_at, p_now) -- noqa: RF03
        and exists (select from workshops as w where w.id = s.workshop_id and w.is_active)
        and (
            select f.seats
            from waitlist_entries as f
            where f.session_id = s.id and f.status = 'waiting'
            order by f.priority desc, f.joined_at asc, f.id asc
            limit 1
        ) <= case when s.max_attendees > 0 then s.max_attendees - s.current_attendees else 2147483647 end
    union all
    select 'close_waitlists'::text, s.id, s.starts_at
    from workshop_sessions as s
    where s.waiting_count > 0
        and s.status in ('upcoming', 'active', 'full', 'completed', 'cancelled')
        and s.starts_at <= p_now -- noqa: RF03
    union all
    select 'complete_sessions'::text, s.id, s.over_at
    from workshop_sessions as s
    where s.status in ('upcoming', 'active', 'full') and s.over_at <= p_now; -- noqa: RF03
end;

comment on function due_steps(timestamptz) is
'What the clock has to do, and has not done: orders'' holds and offers that ran out, seats that are free while people
wait for them, waiting lists of sessions that have started, sessions that are over. p_now: time to judge by. Returns
step, session_id and due_at: since when, for free seats the session''s start; a session once for every hold or offer.
Raises nothing.';

revoke all on function due_steps(timestamptz) from public;
grant execute on function due_steps(timestamptz) to sessionbook_app, sessionbook_reader;
