-- No search_path of its own: views inline it, so that each session costs two probes of partial indexes.
create or replace function session_holds(p_session_id uuid, p_now timestamptz)
returns table (held integer, expired integer)
language sql
stable
security invoker
parallel safe
begin atomic
    select
        coalesce(sum(h.seats) filter (where h.held_until > p_now), 0)::integer, -- noqa: RF03
        coalesce(sum(h.seats) filter (where h.held_until <= p_now), 0)::integer -- noqa: RF03
    from (
        select e.seats, e.expires_at as held_until
        from enrollments as e
        where e.session_id = p_session_id and e.status = 'pending' and e.expires_at is not null -- noqa: RF03
        union all
        select w.seats, w.offer_expires_at
        from waitlist_entries as w
        where w.session_id = p_session_id and w.status = 'offered'
    ) as h;
end;

comment on function session_holds(uuid, timestamptz) is
'Seats of a session that are only held: in unpaid orders, or offered to people on the waiting list. The seat counter
includes them. p_session_id: the session; p_now: time to judge by. Returns one row: held (their time is not up) and
expired (their time is up, and they no longer count). Raises nothing.';

revoke all on function session_holds(uuid, timestamptz) from public;
grant execute on function session_holds(uuid, timestamptz) to sessionbook_app, sessionbook_reader;
