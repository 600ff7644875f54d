-- The one place that says what can be booked. Takes no lock: whoever books locks the session then.
-- A string body: read anew after a migration adds a column, while a parsed one would fail until it is replaced.
create or replace function bookable_sessions(p_workshop_id uuid, p_seats integer, p_now timestamptz)
returns setof workshop_sessions
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    select s.*
    from workshop_sessions as s
    where s.workshop_id = p_workshop_id
        and s.run_id is not null
        and s.status in ('upcoming', 'active')
        and s.starts_at > p_now
        and (coalesce(s.max_attendees, 0) = 0 or s.current_attendees + p_seats <= s.max_attendees)
    order by s.starts_at, s.session_number, s.id;
$function$;

comment on function bookable_sessions(uuid, integer, timestamptz) is
'Sessions of a workshop that can take p_seats more seats at p_now: with a run, upcoming or active, not started; soonest
first. p_workshop_id: the workshop; p_seats: seats wanted; p_now: time to judge by. Returns rows of workshop_sessions.
Raises nothing.';

revoke all on function bookable_sessions(uuid, integer, timestamptz) from public;
grant execute on function bookable_sessions(uuid, integer, timestamptz) to sessionbook_app;
