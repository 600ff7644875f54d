-- requires: functions/_lock_bookable_session, functions/_take_seats, functions/takes_bookings
-- One session after the other by its key: a join with the items would be planned again for every order, or would read
-- small tables of sessions completely.
-- Locks: all sessions of the items in id order, by the update if seats are free; only then, for those that are
-- scarce, as _take_seats().
create or replace function _take_order_seats(p_items order_items[], p_now timestamptz)
returns timestamptz
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
declare
    v_wanted record;
    v_scarce uuid[] := array[]::uuid[];
    v_starts_at timestamptz;
    v_first timestamptz;
begin
    for v_wanted in
        select i.session_id, least(sum(i.quantity), 2147483647)::integer as seats
        from unnest(p_items) as i
        group by i.session_id
        order by i.session_id
    loop
        update workshop_sessions as s
        set current_attendees = s.current_attendees + v_wanted.seats
        where s.id = v_wanted.session_id
            and takes_bookings(s.status, s.starts_at, s.booking_opens_at, s.booking_closes_at, p_now)
            and s.waiting_count = 0
            -- The same condition as in enroll().
            and coalesce(nullif(s.max_attendees, 0), 2147483647) - s.current_attendees >= v_wanted.seats
        returning s.starts_at into v_starts_at;
        if not found then
            select s.starts_at
            into v_starts_at
            from workshop_sessions as s
            where s.id = v_wanted.session_id
            for no key update;
            v_scarce := v_scarce || v_wanted.session_id;
        end if;
        v_first := least(v_first, v_starts_at);
    end loop;
    if v_scarce = '{}' then
        return v_first;
    end if;
    -- Closed, full, or full of holds that ran out.
    for v_wanted in
        select i.session_id, least(sum(i.quantity), 2147483647)::integer as seats
        from unnest(p_items) as i
        where i.session_id = any(v_scarce)
        group by i.session_id
        order by i.session_id
    loop
        perform _lock_bookable_session(v_wanted.session_id, p_now);
        perform _take_seats(v_wanted.session_id, v_wanted.seats);
    end loop;
    return v_first;
end
$function$;

comment on function _take_order_seats(order_items[], timestamptz) is
'Takes the seats of all items of an order, or of none. p_items: the items, each with its session; p_now: time to judge
by. Returns the start of the first of these sessions. Raises PT404 session_not_found, PT409 session_closed, PT409
session_full.';

revoke all on function _take_order_seats(order_items[], timestamptz) from public;
