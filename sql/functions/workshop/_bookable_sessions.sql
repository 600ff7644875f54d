-- requires: functions/session_holds, functions/sessions_on_sale
-- The only place that defines what can be booked. Takes no lock: the booking call locks the session then.
-- A string body: it is parsed again after a migration adds a column, while a begin atomic body would fail until it is
-- replaced.
create or replace function _bookable_sessions(p_workshop_id uuid, p_seats integer, p_now timestamptz)
returns setof workshop_sessions
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    select s.*
    from sessions_on_sale(p_now) as o
    inner join workshop_sessions as s on o.session_id = s.id
    where o.workshop_id = p_workshop_id
        and s.run_id is not null
        and s.waiting_count = 0
        and (
            coalesce(s.max_attendees, 0) = 0
            or s.max_attendees - s.current_attendees >= p_seats
            or s.max_attendees - s.current_attendees + (select h.expired from session_holds(s.id, p_now) as h) >= p_seats
        )
    order by s.starts_at, s.session_number, s.id;
$function$;

comment on function _bookable_sessions(uuid, integer, timestamptz) is
'Sessions of a workshop that can take p_seats more seats at p_now: on sale, with a run, nobody waiting; seats whose hold
ran out are free. Soonest first. p_workshop_id: the workshop; p_seats: seats wanted; p_now: time to judge by. Returns
rows of workshop_sessions. Raises nothing.';

revoke all on function _bookable_sessions(uuid, integer, timestamptz) from public;
