-- requires: functions/_as_booked, functions/_find_enrollments, functions/_lock_bookable_session
-- requires: functions/_refuse_reused_key, functions/_require_amount, functions/_require_new_student
-- requires: functions/_require_student, functions/_take_seats, functions/takes_bookings
-- requires: functions/workshops_on_sale, functions/lifecycle.now
-- security: the caller names the student; seats, price and status come from our tables.
-- The hot path: one update, guarded by conditions on the row itself, and one insert. If the guard refuses the update
-- (closed, full, full of holds that ran out, a waiting list), a slower path finds the reason afterwards.
-- Locks: the session, by the first statement that writes anything; then as derive_session_status().
create or replace function enroll(
    p_session_id uuid,
    p_student_name text,
    p_student_email text default null,
    p_student_phone text default null,
    p_seats integer default 1,
    p_idempotency_key text default null
)
returns enrollments
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_email constant text := nullif(trim(p_student_email), '');
    v_phone constant text := nullif(trim(p_student_phone), '');
    v_key constant text := nullif(p_idempotency_key, '');
    v_workshop_id uuid;
    v_enrollment enrollments;
    v_booked enrollments;
begin
    if p_seats is null or p_seats not between 1 and 10000 or coalesce(trim(p_student_name), '') = ''
        or greatest(length(p_student_name), length(v_email)) > 255 or length(v_phone) > 50 or length(v_key) > 200
    then
        -- Called only to report what is wrong: every booking runs through here.
        perform _require_student(p_student_name, v_email, v_phone, p_seats, v_key);
    end if;
    if v_key is not null then
        -- The session first: of two calls with the same key, the second waits here and then finds the row of the first.
        select s.workshop_id
        into v_workshop_id
        from workshop_sessions as s
        where s.id = p_session_id
        for no key update;
        select e.*
        into v_enrollment
        from enrollments as e
        where e.workshop_id = v_workshop_id and e.idempotency_key = v_key;
        if found then
            v_booked := _as_booked(v_enrollment);
            if (v_booked.session_id, v_booked.student_name, v_booked.seats)
                is not distinct from (p_session_id, p_student_name::varchar, p_seats)
                and lower(v_enrollment.student_email collate "C") is not distinct from lower(v_email collate "C")
                and v_enrollment.student_phone is not distinct from v_phone
                and v_enrollment.run_booking_id is null
            then
                return v_enrollment;
            end if;
            perform _refuse_reused_key(v_enrollment.id);
        end if;
    end if;

    update workshop_sessions as s
    set current_attendees = s.current_attendees + p_seats
    where s.id = p_session_id
        and takes_bookings(s.status, s.starts_at, s.booking_opens_at, s.booking_closes_at, v_now)
        and s.waiting_count = 0
        -- Unlimited counts as the largest integer. It is compared by a difference, because a sum could overflow.
        and coalesce(nullif(s.max_attendees, 0), 2147483647) - s.current_attendees >= p_seats
    returning s.workshop_id into v_workshop_id;
    if not found then
        v_workshop_id := (_lock_bookable_session(p_session_id, v_now)).workshop_id;
        perform _require_new_student(p_session_id, v_email, v_phone, v_now);
        perform _take_seats(p_session_id, p_seats);
    elsif v_phone is not null then
        perform _require_new_student(p_session_id, v_email, v_phone, v_now);
    end if;
    insert into enrollments as e (
        workshop_id, session_id, student_name, student_email, student_phone, seats, total_price, status, idempotency_key
    )
    select
        w.workshop_id,
        p_session_id,
        p_student_name,
        v_email,
        v_phone,
        p_seats,
        w.seat_price * p_seats,
        'successful',
        v_key
    from workshops_on_sale() as w
    where w.workshop_id = v_workshop_id
        and w.seat_price * p_seats < 10000000
        -- Without the phone, which was asked above, this is one look-up.
        and not exists (select from _find_enrollments(p_session_id, v_email, null, v_now))
    on conflict (workshop_id, idempotency_key) do nothing
    returning e.* into v_enrollment;
    if not found then
        -- Another session was booked with the key in the same moment.
        perform _refuse_reused_key(e.id)
        from enrollments as e
        where e.workshop_id = v_workshop_id and e.idempotency_key = v_key;
        perform _require_new_student(p_session_id, v_email, v_phone, v_now);
        perform _require_amount(w.seat_price * p_seats)
        from workshops_on_sale() as w
        where w.workshop_id = v_workshop_id;
        raise exception using
            errcode = 'PT409',
            constraint = 'session_closed',
            message = format('session %s cannot be booked', p_session_id),
            detail = e'key: session_closed\n'
                || 'Its workshop is not published and active, or the creator''s shop is closed.',
            hint = 'session_availability shows what is on sale.';
    end if;
    return v_enrollment;
end
$function$;

comment on function enroll(uuid, text, text, text, integer, text) is
'Enrolls a student: takes seats in a session and writes the enrollment, both or neither. It asks for no payment,
whatever the price; if payment comes first, call create_order(). p_session_id: the session; p_student_name: who, not
blank; p_student_email, p_student_phone: how to reach them (null: not given); p_seats: how many (default 1, 1 to 10000);
p_idempotency_key: made up by the caller for this booking, so that a repeated call returns the same row (default none).
Returns the row of enrollments, status successful, total_price the price of the seats. Raises PT400 seats_not_positive,
PT400 too_many, PT400 name_missing, PT400 text_too_long, PT400 amount_too_large, PT404 session_not_found, PT409
session_closed (the detail gives the reason), PT409 already_enrolled, PT409 session_full (also if people are on the
waiting list, who come first), PT409 idempotency_key_reused.';

revoke all on function enroll(uuid, text, text, text, integer, text) from public;
grant execute on function enroll(uuid, text, text, text, integer, text) to sessionbook_app;
