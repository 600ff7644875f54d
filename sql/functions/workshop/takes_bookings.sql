-- The only place that defines when seats may be taken, whether or not there are any.
-- No search_path of its own: views and updates inline it.
create or replace function takes_bookings(
    p_status text,
    p_starts_at timestamptz,
    p_opens_at timestamptz,
    p_closes_at timestamptz,
    p_now timestamptz
)
returns boolean
language sql
immutable
security invoker
parallel safe
begin atomic
    select p_status in ('upcoming', 'active', 'full')
        and p_starts_at > p_now
        and coalesce(p_opens_at <= p_now, true)
        and coalesce(p_closes_at > p_now, true);
end;

comment on function takes_bookings(text, timestamptz, timestamptz, timestamptz, timestamptz) is
'Whether seats of a session may be booked at a given time. p_status: its status; p_starts_at: its start; p_opens_at,
p_closes_at: its booking window, null: no limit; p_now: the time. Returns true for one that is upcoming, active or full,
has not started, and whose window is open. Raises nothing.';

revoke all on function takes_bookings(text, timestamptz, timestamptz, timestamptz, timestamptz) from public;
grant execute on function takes_bookings(text, timestamptz, timestamptz, timestamptz, timestamptz)
to sessionbook_app, sessionbook_reader;
