-- requires: functions/run_has_room, functions/takes_bookings, functions/workshops_on_sale
-- The only place that defines what the clock has to do. Each arm reads one partial index: every tick calls it, and it
-- has to be as fast with a million sessions as with ten.
-- No search_path of its own: callers inline it, a condition on step leaves the one arm, and who does not ask for
-- locked_by does not pay for it.
create or replace function due_steps(p_now timestamptz)
returns table (step text, subject_id text, due_at timestamptz, locked_by xid)
language sql
stable
security invoker
parallel safe
begin atomic
    select
        'release_holds'::text,
        e.session_id::text,
        e.expires_at,
        (select s.xmax from workshop_sessions as s where s.id = e.session_id)
    from enrollments as e
    where e.status = 'pending' and e.expires_at <= p_now and e.session_id is not null -- noqa: RF03
    union all
    select
        'expire_offers'::text,
        w.session_id::text,
        w.offer_expires_at,
        (select s.xmax from workshop_sessions as s where s.id = w.session_id)
    from waitlist_entries as w
    where w.status = 'offered' and w.offer_expires_at <= p_now and w.session_id is not null -- noqa: RF03
    union all
    -- Seats are offered when they are freed; this is for what no seat tells: booking opened, a workshop back on sale.
    select 'offer_seats'::text, s.id::text, s.starts_at, s.xmax
    from workshop_sessions as s
    where s.waiting_count > 0
        and s.status in ('upcoming', 'active')
        and takes_bookings(s.status, s.starts_at, s.booking_opens_at, s.booking_closes_at, p_now) -- noqa: RF03
        and exists (select from workshops_on_sale() as w where w.workshop_id = s.workshop_id)
        and (
            select f.seats
            from waitlist_entries as f
            where f.session_id = s.id and f.status = 'waiting'
            order by f.priority desc, f.joined_at asc, f.id asc
            limit 1
        ) <= case when s.max_attendees > 0 then s.max_attendees - s.current_attendees else 2147483647 end
    union all
    -- Of a run: seats in all that is to come, nothing that is to come, or an offer that ran out.
    select 'offer_runs'::text, q.run_id::text, q.joined_at, null::xid
    from (
        select w.run_id, min(w.joined_at) as joined_at
        from waitlist_entries as w
        where w.status = 'waiting' and w.run_id is not null
        group by w.run_id
    ) as q
    where run_has_room(q.run_id, p_now) is not false -- noqa: RF02
    union all
    select 'offer_runs'::text, w.run_id::text, w.offer_expires_at, null::xid
    from waitlist_entries as w
    where w.status = 'offered' and w.run_id is not null and w.offer_expires_at <= p_now -- noqa: RF03
    union all
    select 'close_waitlists'::text, s.id::text, s.starts_at, s.xmax
    from workshop_sessions as s
    where s.waiting_count > 0
        and s.status in ('upcoming', 'active', 'full', 'completed', 'cancelled')
        and s.starts_at <= p_now -- noqa: RF03
    union all
    select 'ask_minimums'::text, s.id::text, s.decide_at, s.xmax
    from workshop_sessions as s
    where s.min_attendees > 0
        and (s.minimum_asked_at is null or s.minimum_asked_at < s.decide_at)
        and s.decide_at <= p_now -- noqa: RF03
        and s.status in ('upcoming', 'active', 'full')
    union all
    select 'complete_sessions'::text, s.id::text, s.over_at, s.xmax
    from workshop_sessions as s
    where s.status in ('upcoming', 'active', 'full') and s.over_at <= p_now -- noqa: RF03
    union all
    select
        'follow_runs'::text,
        n.run_id::text,
        n.noted_at,
        (select r.xmax from workshop_runs as r where r.id = n.run_id)
    from stale_runs as n;
end;

comment on function due_steps(timestamptz) is
'What is due and the clock has not done yet: holds and offers that ran out, free seats that people wait for, waiting
lists of sessions that have started, sessions that are over, runs that have to follow their sessions. p_now: time to
judge by. Returns step, subject_id (a session, for offer_runs and follow_runs a run; once for every hold, offer or
note), due_at (since when, for free seats the session''s start) and locked_by (xmax of that session or run). Raises
nothing.';

revoke all on function due_steps(timestamptz) from public;
grant execute on function due_steps(timestamptz) to sessionbook_app, sessionbook_reader;
