-- security: holds, offers and orders are not the caller's to write. It writes only what belongs to the session that is
-- being written, and never makes a hold or an offer longer.
-- Locks: the row being written; then its enrollments and waitlist_entries, and orders of these, skipping locked ones:
-- orders come before sessions, and applications that write enrollments by hand may ask for the session next.
create or replace function shorten_holds()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_until constant timestamptz := least(new.booking_closes_at, new.starts_at);
begin
    update waitlist_entries as w
    set offer_expires_at = v_until
    where w.id in (
        select o.id
        from waitlist_entries as o
        where o.session_id = new.id and o.status = 'offered' and o.offer_expires_at > v_until
        for no key update skip locked
    );
    with shortened as (
        update enrollments as e
        set expires_at = new.starts_at
        where e.id in (
            select o.id
            from enrollments as o
            where o.session_id = new.id and o.status = 'pending' and o.expires_at > new.starts_at
            for no key update skip locked
        )
        returning e.order_id
    )
    update orders as o
    set expires_at = new.starts_at
    where o.id in (
        select x.id
        from orders as x
        where x.id in (select h.order_id from shortened as h) and x.status = 'pending' and x.expires_at > new.starts_at
        for no key update skip locked
    );
    return null;
end
$function$;

comment on function shorten_holds() is
'Trigger function (after update of dates, times, zone or the end of booking, row): no offer outlasts the end of booking,
no hold and no order of one the start of the session. Rows that another transaction is writing are skipped. No
arguments. Returns null. Raises nothing.';

revoke all on function shorten_holds() from public;
