-- requires: functions/takes_bookings, functions/workshops_on_sale
-- What may be sold, for readers: both halves at once. Sellers ask the same two functions, of a row they lock.
-- No search_path of its own: callers inline it, and a condition on the workshop finds its index.
create or replace function sessions_on_sale(p_now timestamptz)
returns table (
    session_id uuid,
    workshop_id uuid,
    creator_id uuid,
    run_id uuid,
    starts_at timestamptz,
    seat_price numeric,
    currency text
)
language sql
stable
security invoker
parallel safe
begin atomic
    select s.id, s.workshop_id, w.creator_id, s.run_id, s.starts_at, w.seat_price, w.currency
    from workshop_sessions as s
    inner join workshops_on_sale() as w on s.workshop_id = w.workshop_id
    where takes_bookings(s.status, s.starts_at, s.booking_opens_at, s.booking_closes_at, p_now); -- noqa: RF02
end;

comment on function sessions_on_sale(timestamptz) is
'Sessions that may be sold: of a workshop on sale, not started, over or cancelled, with an open booking window. They may
be full. p_now: time to judge by. Returns session_id, workshop_id, creator_id, run_id (null: none), starts_at,
seat_price (of one seat, in units of currency) and currency. Raises nothing.';

revoke all on function sessions_on_sale(timestamptz) from public;
grant execute on function sessions_on_sale(timestamptz) to sessionbook_app, sessionbook_reader;
