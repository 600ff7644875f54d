-- Locks: none; callers have locked the sessions.
create or replace function _people_to_tell(p_session_ids uuid[], p_now timestamptz)
returns setof cancellation_notice
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    return query
    select
        e.session_id,
        'enrollment',
        e.id,
        null::uuid,
        o.id,
        o.order_number::text,
        o.status::text,
        e.student_name::text,
        e.student_email::text,
        e.student_phone::text,
        e.seats,
        e.total_price
    from enrollments as e
    left join orders as o on e.order_id = o.id
    where e.session_id = any(p_session_ids)
        and (e.status = 'successful' or e.status = 'pending' and coalesce(e.expires_at > p_now, true))
    order by e.session_id, e.enrollment_date, e.id;
    return query
    select
        w.session_id,
        'waitlist',
        null::uuid,
        coalesce(r.id, w.id),
        null::uuid,
        null,
        null,
        w.student_name::text,
        coalesce(r.student_email, w.student_email)::text,
        coalesce(r.student_phone, w.student_phone)::text,
        w.seats,
        null::numeric
    from waitlist_entries as w
    left join waitlist_entries as r on w.run_entry_id = r.id
    where w.session_id = any(p_session_ids)
        and (w.status = 'waiting' or w.status = 'offered' and w.offer_expires_at > p_now)
    order by w.session_id, w.priority desc, w.joined_at, w.id;
end
$function$;

comment on function _people_to_tell(uuid[], timestamptz) is
'The people to inform about what happens to sessions. p_session_ids: the sessions; p_now: time to judge by. Returns one
row an enrollment that has its seats (kind enrollment) and one row a person who waits or has an offer (kind waitlist).
Raises nothing.';

revoke all on function _people_to_tell(uuid[], timestamptz) from public;
