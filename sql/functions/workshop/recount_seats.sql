-- requires: functions/_lock_session
-- security: the session is named by its key; the counter comes from our tables.
-- The seats are counted as if nobody were waiting: otherwise the trigger would refuse seats that people already have.
-- Locks: the session, before its seats are counted in a statement of their own: a seat taken meanwhile waits.
create or replace function recount_seats(p_session_id uuid)
returns integer
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_seats integer;
begin
    perform _lock_session(p_session_id, null);
    update workshop_sessions as s
    set current_attendees = (
        select coalesce(sum(t.seats), 0)
        from (
            select e.seats
            from enrollments as e
            where e.session_id = s.id and e.status in ('successful', 'pending')
            union all
            select w.seats
            from waitlist_entries as w
            where w.session_id = s.id and w.status = 'offered'
        ) as t
    ),
    waiting_count = 0
    where s.id = p_session_id;
    -- An update that names the counter fires the seat trigger, which offers seats to those who wait.
    update workshop_sessions as s
    set waiting_count = (
        select count(*)
        from waitlist_entries as w
        where w.session_id = s.id and w.status = 'waiting'
    ),
    current_attendees = s.current_attendees
    where s.id = p_session_id
    returning s.current_attendees into v_seats;
    return v_seats;
end
$function$;

comment on function recount_seats(uuid) is
'Computes the seat counter of a session from its enrollments (successful and pending) and offers, and the number of
people on its waiting list. The status follows, and free seats are offered to them. p_session_id: the session. Returns
the new counter. Raises PT404 session_not_found; PT409 session_full if that is more than the session has.';

revoke all on function recount_seats(uuid) from public;
grant execute on function recount_seats(uuid) to sessionbook_app;
