-- Locks: none.
create or replace function _require_seats(p_seats integer)
returns void
language plpgsql
immutable
security invoker
parallel safe
set search_path from current
as $function$
begin
    if p_seats > 10000 then
        raise exception using
            errcode = 'PT400',
            constraint = 'too_many',
            message = format('cannot book %s seats', p_seats),
            detail = e'key: too_many\n' || 'One booking takes at most 10000 seats.',
            hint = 'Book them in parts.';
    end if;
    if p_seats is null or p_seats < 1 then
        raise exception using
            errcode = 'PT400',
            constraint = 'seats_not_positive',
            message = format('cannot book %s seats', coalesce(p_seats::text, 'null')),
            detail = e'key: seats_not_positive\n' || 'p_seats must be 1 or more.',
            hint = 'Leave p_seats out for one seat; to give up all, use cancel_enrollment() or leave_waitlist().';
    end if;
end
$function$;

comment on function _require_seats(integer) is
'Refuses a number of seats that cannot be booked. p_seats: 1 to 10000. Returns nothing. Raises PT400 seats_not_positive,
PT400 too_many.';

revoke all on function _require_seats(integer) from public;
