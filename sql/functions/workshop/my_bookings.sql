-- requires: functions/_phone_keys, functions/lifecycle.now, functions/lifecycle.phone_key
-- requires: functions/lifecycle.status_in_arabic
-- security: what one person booked. The application has made sure that the address or number is the caller's own.
create or replace function my_bookings(p_contact text, p_after uuid default null, p_limit integer default 20)
returns table (
    enrollment_id uuid,
    session_id uuid,
    workshop_id uuid,
    title text,
    title_ar text,
    session_date date,
    start_time time,
    end_time time,
    timezone text,
    starts_at timestamptz,
    location text,
    location_ar text,
    session_status text,
    session_status_ar text,
    seats integer,
    status text,
    status_ar text,
    held_until timestamptz,
    cancel_until timestamptz,
    total_price numeric,
    currency text,
    order_id uuid,
    order_number text
)
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_keys constant text[] := _phone_keys(left(p_contact, 255), (select g.country_code from settings as g));
    v_is_email constant boolean := p_contact like '%@%';
    v_after record;
begin
    select s.starts_at, e.id
    into v_after
    from enrollments as e
    inner join workshop_sessions as s on e.session_id = s.id
    where e.id = p_after;
    return query
    select
        e.id,
        e.session_id,
        e.workshop_id,
        w.title::text,
        w.title_ar::text,
        s.session_date,
        s.start_time,
        s.end_time,
        s.timezone,
        s.starts_at,
        s.location::text,
        s.location_ar::text,
        s.status::text,
        s.status_ar::text,
        e.seats,
        c.status,
        lifecycle.status_in_arabic('workshop.enrollment', c.status),
        case when c.status = 'pending' then e.expires_at end,
        s.cancel_until,
        e.total_price,
        coalesce(o.currency, w.currency)::text,
        e.order_id,
        o.order_number::text
    from (
        select x.id, x.session_id, x.workshop_id, x.seats, x.status, x.expires_at, x.total_price, x.order_id
        from enrollments as x
        where v_is_email and lower(x.student_email collate "C") = lower(p_contact collate "C")
        union all
        select x.id, x.session_id, x.workshop_id, x.seats, x.status, x.expires_at, x.total_price, x.order_id
        from enrollments as x
        where not v_is_email and lifecycle.phone_key(x.student_phone) = any(v_keys)
    ) as e
    inner join workshop_sessions as s on e.session_id = s.id
    inner join workshops as w on e.workshop_id = w.id
    left join orders as o on e.order_id = o.id
    cross join lateral (
        select case when e.status = 'pending' and e.expires_at <= v_now then 'cancelled' else e.status::text end as status
    ) as c
    where v_after.id is null or (s.starts_at, e.id) < (v_after.starts_at, v_after.id)
    order by s.starts_at desc, e.id desc
    limit least(greatest(coalesce(p_limit, 20), 1), 100);
end
$function$;

comment on function my_bookings(text, uuid, integer) is
'The bookings of a person, the latest session first, a page at a time. p_contact: an e-mail address, in any case, or a
phone number with its country code, in any spelling; p_after: enrollment_id of the last row of the page before (null:
the first page); p_limit: rows (default 20, at most 100 are given). Returns one row an enrollment, cancelled ones too,
with its session, its status in English and Arabic, until when its seats are held for payment and until when it may be
cancelled; no rows: nothing was booked. Raises nothing.';

revoke all on function my_bookings(text, uuid, integer) from public;
grant execute on function my_bookings(text, uuid, integer) to sessionbook_app;
