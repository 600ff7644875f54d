-- requires: functions/lock_bookable_session, functions/take_seats, functions/takes_bookings
-- Locks: all sessions of the items in id order, in one go, before any is written; then as take_seats().
create or replace function take_order_seats(p_items order_items[], p_now timestamptz)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_taken uuid[];
    v_scarce record;
begin
    perform
    from workshop_sessions as s
    where s.id in (select i.session_id from unnest(p_items) as i)
    order by s.id
    for no key update;
    with wanted as (
        select i.session_id, sum(i.quantity) as seats
        from unnest(p_items) as i
        group by i.session_id
    ),
    taken as (
        update workshop_sessions as s
        set current_attendees = s.current_attendees + w.seats
        from wanted as w
        where s.id = w.session_id
            and takes_bookings(s.status, s.starts_at, s.booking_opens_at, s.booking_closes_at, p_now)
            and s.waiting_count = 0
            and (coalesce(s.max_attendees, 0) = 0 or s.max_attendees - s.current_attendees >= w.seats)
        returning s.id
    )
    select coalesce(array_agg(t.id), '{}')
    into v_taken
    from taken as t;
    -- Closed, full, or full of holds that ran out.
    for v_scarce in
        select i.session_id, sum(i.quantity)::integer as seats
        from unnest(p_items) as i
        where i.session_id <> all(v_taken)
        group by i.session_id
        order by i.session_id
    loop
        perform lock_bookable_session(v_scarce.session_id, p_now);
        perform take_seats(v_scarce.session_id, v_scarce.seats);
    end loop;
end
$function$;

comment on function take_order_seats(order_items[], timestamptz) is
'Takes the seats of all items of an order, or of none. p_items: the items, each with its session; p_now: time to judge
by. Returns nothing. Raises nothing of its own; PT404 session_not_found, PT409 session_closed, PT409 session_full.';

revoke all on function take_order_seats(order_items[], timestamptz) from public;
grant execute on function take_order_seats(order_items[], timestamptz) to sessionbook_app;
