-- requires: functions/_as_booked, functions/_find_enrollments, functions/_lock_bookable_session, functions/_phone_keys
-- requires: functions/_read_people, functions/_refuse_long_texts, functions/_refuse_reused_key
-- requires: functions/_require_amount, functions/_require_written, functions/_take_seats, functions/lifecycle.now
-- requires: functions/lifecycle.phone_key
-- security: the caller names the student; seats, prices and status come from our tables, and the list is capped. One
-- update takes all seats and one insert writes all rows. Each row has the key of the call with its place behind it. A
-- cached plan would assume lists of ten.
-- Locks: the session; then as _take_seats().
create or replace function enroll_many(
    p_session_id uuid,
    p_people jsonb,
    p_idempotency_key text default null
)
returns setof enrollments
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set plan_cache_mode = force_custom_plan
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_key constant text := nullif(p_idempotency_key, '') || '/';
    v_people enrollments[];
    v_workshop_id uuid;
    v_price numeric;
    v_same record;
    v_made record;
    v_enrolled bigint;
begin
    if length(p_idempotency_key) > 200 then
        perform _refuse_long_texts(null, null, null, p_idempotency_key);
    end if;
    v_people := _read_people(p_people);
    with people as materialized (
        select
            p.ordinality as place,
            lower(p.student_email collate "C") as email,
            lifecycle.phone_key(p.student_phone) as phone_key,
            case when bool_or(p.student_email is null) over () then
                _phone_keys(p.student_phone, g.country_code)
            end as phone_keys
        from unnest(v_people) with ordinality as p
        cross join settings as g
    )
    select x.place, x.other
    into v_same
    from (
        select min(p.place) as place, max(p.place) as other
        from people as p
        where p.email is not null
        group by p.email
        having count(*) > 1
        union all
        -- With or without the country code, whichever of the two comes first.
        select least(p.place, q.place), greatest(p.place, q.place)
        from people as p
        cross join lateral unnest(p.phone_keys) as k (key)
        inner join people as q on k.key = q.phone_key
        where p.place <> q.place and (p.email is null or q.email is null)
    ) as x
    order by x.place, x.other
    limit 1;
    if found then
        raise exception using
            errcode = 'PT409',
            constraint = 'already_enrolled',
            message = format('people %s and %s of the list are the same', v_same.place, v_same.other),
            detail = e'key: already_enrolled\n' || 'They have the same e-mail address or phone number.',
            hint = 'Name each person once, with as many seats as they take.';
    end if;
    if v_key is not null then
        -- The session first: of two calls with the same key, the second waits here and then finds the row of the first.
        select s.workshop_id
        into v_workshop_id
        from workshop_sessions as s
        where s.id = p_session_id
        for no key update;
        select
            count(*) as rows,
            (array_agg(e.id))[1] as id,
            coalesce(bool_and(
                (b.session_id, b.seats, e.student_name, lower(e.student_email collate "C"), e.student_phone)
                is not distinct from (
                    p_session_id, p.seats, p.student_name, lower(p.student_email collate "C"), p.student_phone
                )
            ), false) as is_same
        into v_made
        from enrollments as e
        cross join lateral _as_booked(e) as b
        left join unnest(v_people) with ordinality as p on e.idempotency_key = v_key || p.ordinality
        where e.workshop_id = v_workshop_id
            -- One more than given: the first list may have been longer.
            and e.idempotency_key in (select v_key || n from generate_series(1, cardinality(v_people) + 1) as n);
        if v_made.rows > 0 and not (v_made.is_same and v_made.rows = cardinality(v_people)) then
            perform _refuse_reused_key(v_made.id);
        elsif v_made.rows > 0 then
            return query
            select e.*
            from unnest(v_people) with ordinality as p
            inner join enrollments as e on e.workshop_id = v_workshop_id and e.idempotency_key = v_key || p.ordinality
            order by p.ordinality;
            return;
        end if;
    end if;

    v_workshop_id := (_lock_bookable_session(p_session_id, v_now)).workshop_id;
    select p.ordinality as place, f.enrollment_id as id
    into v_made
    from unnest(v_people) with ordinality as p
    cross join lateral _find_enrollments(p_session_id, p.student_email, p.student_phone, v_now) as f
    order by p.ordinality
    limit 1;
    if found then
        raise exception using
            errcode = 'PT409',
            constraint = 'already_enrolled',
            message = format('person %s of the list is already enrolled in session %s', v_made.place, p_session_id),
            detail = e'key: already_enrolled\n'
                || format('Enrollment %s has the same e-mail address or phone number.', v_made.id),
            hint = 'Leave them out, or cancel_enrollment() it first.';
    end if;
    perform _take_seats(p_session_id, (select sum(p.seats)::integer from unnest(v_people) as p));
    select case when w.is_free then 0 else w.price end
    into v_price
    from workshops as w
    where w.id = v_workshop_id;
    perform _require_amount(v_price * (select max(p.seats) from unnest(v_people) as p));
    return query
    insert into enrollments as e (
        workshop_id, session_id, student_name, student_email, student_phone, seats, total_price, status, idempotency_key
    )
    select
        v_workshop_id,
        p_session_id,
        p.student_name,
        p.student_email,
        p.student_phone,
        p.seats,
        v_price * p.seats,
        'successful',
        v_key || p.ordinality
    from unnest(v_people) with ordinality as p
    order by p.ordinality
    on conflict (workshop_id, idempotency_key) do nothing
    returning e.*;
    get diagnostics v_enrolled = row_count;
    if v_enrolled < cardinality(v_people) then
        -- Another session was booked with the key in the same moment.
        perform _refuse_reused_key(e.id)
        from unnest(v_people) with ordinality as p
        inner join enrollments as e on e.workshop_id = v_workshop_id and e.idempotency_key = v_key || p.ordinality
        where e.session_id <> p_session_id;
        perform _require_written('enrollments', v_enrolled, cardinality(v_people));
    end if;
end
$function$;

comment on function enroll_many(uuid, jsonb, text) is
'Enrolls a list of people in a session, all of them or none, as enroll() does for one. It asks for no payment.
p_session_id: the session; p_people: array of 1 to 1000 objects with student_name and any of student_email,
student_phone and seats (default 1, 1 to 10000); p_idempotency_key: made up by the caller for this list, so that a
repeated call returns the same rows (default none). Returns the rows of enrollments in the order of the list,
successful; if a key is given, each row has it followed by the place in the list, such as my-key/1. Raises PT400
invalid_people, PT400 invalid_person (the message says which and what is wrong), PT400 too_many, PT400 text_too_long,
PT400 amount_too_large, PT404 session_not_found, PT409 session_closed (the detail gives the reason), PT409
already_enrolled (the message says who; also if two people in the list are the same), PT409 session_full (also if people
are on the waiting list), PT409 idempotency_key_reused.';

revoke all on function enroll_many(uuid, jsonb, text) from public;
grant execute on function enroll_many(uuid, jsonb, text) to sessionbook_app;
