-- requires: functions/_bookable_sessions, functions/session_holds, functions/workshops_on_sale, functions/lifecycle.now
-- security: it reads what is on sale of the workshop that is named, at most 100 rows of it.
-- Writes nothing, so it is good for a standby and for a GET; sessions without a run are not gathered here.
-- Locks: none; the booking call locks the session then, and may find it taken.
create or replace function list_available_sessions(
    p_workshop_id uuid,
    p_seats integer default 1,
    p_after uuid default null,
    p_limit integer default 20
)
returns table (
    session_id uuid,
    run_id uuid,
    session_number integer,
    session_date date,
    start_time time,
    end_time time,
    timezone text,
    starts_at timestamptz,
    ends_at timestamptz,
    location text,
    location_ar text,
    available_seats integer,
    seat_price numeric,
    currency text
)
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_after record;
begin
    if p_seats is null or p_seats < 1 then
        raise exception using
            errcode = 'PT400',
            constraint = 'seats_not_positive',
            message = format('cannot look for %s seats', coalesce(p_seats::text, 'null')),
            detail = e'key: seats_not_positive\n' || 'p_seats must be 1 or more.',
            hint = 'Leave p_seats out for one seat.';
    end if;
    select s.starts_at, s.session_number, s.id
    into v_after
    from workshop_sessions as s
    where s.id = p_after and s.workshop_id = p_workshop_id;
    if p_after is not null and v_after.id is null then
        raise exception using
            errcode = 'PT404',
            constraint = 'session_not_found',
            message = format('p_after is not a session of workshop %s: %s', p_workshop_id, p_after),
            detail = e'key: session_not_found\n'
                || 'p_after must be the session_id of the last row of the previous page.',
            hint = 'Start from the first page, without p_after.';
    end if;
    return query
    select
        b.id,
        b.run_id,
        b.session_number,
        b.session_date,
        b.start_time,
        b.end_time,
        b.timezone,
        b.starts_at,
        b.ends_at,
        b.location::text,
        b.location_ar::text,
        case
            when b.max_attendees > 0
                then b.max_attendees - b.current_attendees + (
                    select h.expired from session_holds(b.id, v_now) as h
                )
        end,
        w.seat_price,
        w.currency
    from _bookable_sessions(p_workshop_id, p_seats, v_now) as b
    inner join workshops_on_sale() as w on b.workshop_id = w.workshop_id
    where v_after.id is null
        or (b.starts_at, b.session_number, b.id) > (v_after.starts_at, v_after.session_number, v_after.id)
    order by b.starts_at, b.session_number, b.id
    limit least(greatest(coalesce(p_limit, 20), 1), 100);
end
$function$;

comment on function list_available_sessions(uuid, integer, uuid, integer) is
'Sessions of a workshop that can take p_seats more seats now, soonest first, a page at a time: get_available_sessions()
without its fallback, so it writes nothing. p_workshop_id: the workshop; p_seats: seats wanted (default 1); p_after:
session_id of the last row of the page before (null: the first page); p_limit: rows (default 20, at most 100 are given).
Returns keys, local and absolute times, place, available_seats (null: unlimited), seat_price (of one seat, in units of
currency) and currency; no rows: nothing is on sale, or there is no such workshop. Raises PT400 seats_not_positive,
PT404 session_not_found (p_after is not a session of the workshop).';

revoke all on function list_available_sessions(uuid, integer, uuid, integer) from public;
grant execute on function list_available_sessions(uuid, integer, uuid, integer) to sessionbook_app;
