-- Called with the session's row locked, when a caller is about to be refused a seat; the caller corrects the counter.
-- An enrollment keeps its expires_at: a hold that ran out may be paid late, one that a person gave up may not.
-- Locks: enrollments and waitlist_entries of the session, skipping locked ones: an application that changes an
-- enrollment by hand may ask for the session next.
create or replace function _collect_expired_holds(p_session_id uuid, p_now timestamptz)
returns integer
language sql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
    with due_enrollments as (
        select e.id
        from enrollments as e
        where e.session_id = p_session_id and e.status = 'pending' and e.expires_at <= p_now
        for no key update skip locked
    ),
    enrolled as (
        update enrollments as e
        set status = 'cancelled'
        from due_enrollments as d
        where d.id = e.id
        returning e.seats
    ),
    due_offers as (
        select w.id
        from waitlist_entries as w
        where w.session_id = p_session_id and w.status = 'offered' and w.offer_expires_at <= p_now
        for no key update skip locked
    ),
    offered as (
        update waitlist_entries as w
        set status = 'expired'
        from due_offers as d
        where d.id = w.id
        returning w.seats
    )
    select coalesce(sum(c.seats), 0)::integer
    from (
        select e.seats from enrolled as e
        union all
        select o.seats from offered as o
    ) as c;
$function$;

comment on function _collect_expired_holds(uuid, timestamptz) is
'Takes holds that ran out away from a session: enrollments of unpaid orders become cancelled (and keep expires_at),
offers to people who waited become expired. p_session_id: the session, locked by the caller; p_now: time to judge by.
Returns the seats they held, for the caller to subtract from the counter; those that another transaction has locked
still count. Raises nothing.';

revoke all on function _collect_expired_holds(uuid, timestamptz) from public;
