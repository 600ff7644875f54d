-- requires: functions/workshops_on_sale
-- Called by the seat trigger while its row is being written, so that freed seats go to the queue in the transaction
-- that frees them, no matter who frees them. It writes no session: counter and waiting_count are the trigger's to
-- change. Strict order: if the seats for the first in line do not suffice, everybody behind waits too.
-- Locks: waitlist_entries of the session, whose row the trigger's statement has locked; nobody else writes these
-- entries.
create or replace function _offer_seats(
    p_session_id uuid,
    p_workshop_id uuid,
    p_taken integer,
    p_free integer,
    p_until timestamptz,
    p_now timestamptz
)
returns table (people integer, seats integer)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    people := 0;
    seats := 0;
    if coalesce(p_until <= p_now, true)
        or not exists (select from workshops_on_sale() as w where w.workshop_id = p_workshop_id)
    then
        return next;
        return;
    end if;
    if p_taken > 0 then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_full',
            message = format('session %s keeps its free seats for its waiting list', p_session_id),
            detail = e'key: session_full\n' || 'People on the waiting list get its seats first.',
            hint = 'Choose another session (get_next_available_session() finds one), or join_waitlist().';
    end if;
    if p_free <= 0 then
        return next;
        return;
    end if;
    with queue as (
        select h.id, sum(h.seats) over (order by h.priority desc, h.joined_at, h.id) as up_to
        from (
            -- Each entry takes at least one seat, so there are at most as many offers as free seats.
            select w.id, w.seats, w.priority, w.joined_at
            from waitlist_entries as w
            where w.session_id = p_session_id and w.status = 'waiting'
            order by w.priority desc, w.joined_at, w.id
            limit p_free
        ) as h
    ),
    offered as (
        update waitlist_entries as w
        set status = 'offered',
            offered_at = p_now,
            offer_expires_at = least(p_now + (select g.offer_valid_for from settings as g), p_until)
        from queue as q
        where q.id = w.id and (p_free is null or q.up_to <= p_free)
        returning w.seats
    )
    select count(*), coalesce(sum(o.seats), 0)
    into people, seats
    from offered as o;
    return next;
end
$function$;

comment on function _offer_seats(uuid, uuid, integer, integer, timestamptz, timestamptz) is
'Offers free seats of a session to those who wait longest, higher priorities first, in order of the queue as far as the
seats suffice. p_session_id: the session, locked by the caller; p_workshop_id: its workshop, which must be on sale;
p_taken: seats that the caller is about to take besides, which is refused while people wait; p_free: seats free (null:
unlimited); p_until: when its bookings end, no offer lasts longer (null or past: it takes none, and nothing is offered);
p_now: time to judge by. Returns one row: people who were made an offer, and the seats this holds. Raises PT409
session_full.';

revoke all on function _offer_seats(uuid, uuid, integer, integer, timestamptz, timestamptz) from public;
