-- Locks: none.
create or replace function _as_booked(p_enrollment enrollments)
returns enrollments
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    select c.from_session_id, c.from_seats
    into p_enrollment.session_id, p_enrollment.seats
    from (
        select b.from_session_id, b.from_seats, b.id
        from booking_changes as b
        where b.enrollment_id = p_enrollment.id
        union all
        select p_enrollment.session_id, p_enrollment.seats, null
    ) as c
    order by c.id nulls last
    limit 1;
    return p_enrollment;
end
$function$;

comment on function _as_booked(enrollments) is
'An enrollment as it was booked, for callers that ask again with the key of then. p_enrollment: its row. Returns it with
the session and the seats that it had at first. Raises nothing.';

revoke all on function _as_booked(enrollments) from public;
