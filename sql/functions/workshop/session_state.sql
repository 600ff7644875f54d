-- requires: functions/takes_bookings
-- The only place that defines what people see of a session: otherwise views would read each other and join all tables
-- twice. No search_path of its own: views inline it.
create or replace function session_state(
    p_status text,
    p_starts_at timestamptz,
    p_over_at timestamptz,
    p_opens_at timestamptz,
    p_closes_at timestamptz,
    p_seats integer,
    p_taken integer,
    p_waiting integer,
    p_held integer,
    p_expired integer,
    p_now timestamptz
)
returns table (available_seats integer, status text, availability text)
language sql
immutable
security invoker
parallel safe
begin atomic
    -- noqa: disable=RF03
    select
        case
            when p_status in ('cancelled', 'completed')
                or p_over_at <= p_now
                or p_waiting > 0 then 0
            when p_seats > 0 then greatest(p_seats - p_taken + p_expired, 0)
        end,
        case
            when p_status <> 'cancelled' and p_over_at <= p_now then 'completed'
            when p_expired = 0 or p_waiting > 0 or p_status not in ('active', 'full') then p_status
            when p_seats > 0 and p_taken - p_expired >= p_seats then 'full'
            when p_taken > p_expired then 'active'
            else 'upcoming'
        end,
        case
            when not takes_bookings(p_status, p_starts_at, p_opens_at, p_closes_at, p_now) then 'closed'
            when p_waiting > 0 then 'held'
            when coalesce(p_seats, 0) = 0 or p_taken - p_expired < p_seats then 'free'
            when p_held > 0 then 'held'
            else 'sold_out'
        end;
end;
-- noqa: enable=RF03

comment on function session_state(
    text, timestamptz, timestamptz, timestamptz, timestamptz, integer, integer, integer, integer, integer, timestamptz
) is
'What people see of a session at a given time. p_status: as it is stored; p_starts_at, p_over_at: its start, and when
its last day is over; p_opens_at, p_closes_at: its booking window, null: no limit; p_seats: its seats, null or 0:
unlimited; p_taken: seats taken by the counter; p_waiting: people who wait; p_held, p_expired: seats that are held, and
seats whose hold ran out, as session_holds() returns them; p_now: the time. Returns one row: available_seats (null:
unlimited), status (upcoming, active, full, completed or cancelled) and availability (free, held, sold_out or closed).
Raises nothing.';

revoke all on function session_state(
    text, timestamptz, timestamptz, timestamptz, timestamptz, integer, integer, integer, integer, integer, timestamptz
) from public;
grant execute on function session_state(
    text, timestamptz, timestamptz, timestamptz, timestamptz, integer, integer, integer, integer, integer, timestamptz
) to sessionbook_app, sessionbook_reader;
