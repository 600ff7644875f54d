-- requires: functions/_collect_expired_holds, functions/_lock_bookable_session, functions/_phone_keys
-- requires: functions/_require_new_student, functions/_require_student, functions/_require_written
-- requires: functions/derive_session_status, functions/lifecycle.now, functions/lifecycle.phone_key
-- security: the caller names the student and the priority; the place in the queue comes from our tables.
-- Holds that ran out are collected first: the student's own offer may be among them, and what is free is judged without
-- them.
-- Locks: the session; then enrollments and waitlist_entries of it.
create or replace function join_waitlist(
    p_session_id uuid,
    p_student_name text,
    p_student_email text,
    p_student_phone text default null,
    p_seats integer default 1,
    p_priority integer default 0
)
returns waitlist_entries
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
    v_session workshop_sessions;
    v_expired integer;
    v_entry waitlist_entries;
begin
    perform _require_student(p_student_name, v_email, v_phone, p_seats, null);
    v_session := _lock_bookable_session(p_session_id, v_now);
    v_expired := _collect_expired_holds(p_session_id, v_now);
    if v_expired > 0 then
        update workshop_sessions as s
        set current_attendees = greatest(s.current_attendees - v_expired, 0)
        where s.id = p_session_id
        returning s.* into v_session;
    end if;
    perform _require_new_student(p_session_id, v_email, v_phone, v_now);
    select w.*
    into v_entry
    from waitlist_entries as w
    where w.session_id = p_session_id
        and w.status in ('waiting', 'offered')
        and (
            lower(w.student_email collate "C") = lower(v_email collate "C")
            or lifecycle.phone_key(w.student_phone) = any(
                _phone_keys(v_phone, (select g.country_code from settings as g))
            )
            and (w.student_email is null or v_email is null)
        )
    limit 1;
    if found then
        raise exception using
            errcode = 'PT409',
            constraint = 'already_waiting',
            message = format('the student is already waiting for session %s', p_session_id),
            detail = e'key: already_waiting\n'
                || format(
                    'Entry %s has the same e-mail address or phone number; it is %s.', v_entry.id, v_entry.status
                ),
            hint = 'Use accept_offer() if it has an offer, or leave_waitlist() first.';
    end if;
    if v_session.waiting_count = 0
        and (
            coalesce(v_session.max_attendees, 0) = 0
            or v_session.max_attendees - v_session.current_attendees >= p_seats
        )
    then
        raise exception using
            errcode = 'PT409',
            constraint = 'seats_available',
            message = format('session %s has free seats', p_session_id),
            detail = e'key: seats_available\n' || case
                when v_session.max_attendees > 0
                    then format(
                        '%s of its %s seats are free, and nobody waits.',
                        v_session.max_attendees - v_session.current_attendees,
                        v_session.max_attendees
                    )
                else 'It takes any number of people.'
            end,
            hint = 'Use enroll() or create_order().';
    end if;
    -- Nobody is skipped in the queue, so a request for more seats than the session has would block everybody behind it
    -- forever.
    if p_seats > v_session.max_attendees and v_session.max_attendees > 0 then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_full',
            message = format('session %s will never have %s seats', p_session_id, p_seats),
            detail = e'key: session_full\n' || format('It has %s in all.', v_session.max_attendees),
            hint = 'Wait for fewer seats, or in another session.';
    end if;
    insert into waitlist_entries as w (
        session_id, student_name, student_email, student_phone, seats, priority, joined_at
    )
    select
        p_session_id,
        p_student_name,
        v_email,
        v_phone,
        p_seats,
        coalesce(p_priority, 0),
        -- People queue in the order in which they locked the session, not in which their transactions began.
        greatest(
            v_now,
            (
                select max(o.joined_at) + interval '1 microsecond'
                from waitlist_entries as o
                where o.session_id = p_session_id
            )
        )
    returning w.id into v_entry.id;
    if not found then
        perform _require_written('waitlist_entries', 0, 1);
    end if;
    -- An update that names the counter fires the seat trigger, which offers seats: a higher priority may fit into seats
    -- that are too few for the first in line.
    update workshop_sessions as s
    set waiting_count = s.waiting_count + 1, current_attendees = s.current_attendees
    where s.id = p_session_id;
    select w.* into v_entry from waitlist_entries as w where w.id = v_entry.id;
    return v_entry;
end
$function$;

comment on function join_waitlist(uuid, text, text, text, integer, integer) is
'Puts a student on the waiting list of a session whose seats cannot be booked now. p_session_id: the session;
p_student_name: who, not blank; p_student_email, p_student_phone: how to reach them (null: not given); p_seats: how
many, offered together or not at all (default 1, 1 to 10000); p_priority: higher ones go first (default 0); with the
same priority, who joined earlier. Returns the row of waitlist_entries: waiting; or already offered, if its priority is
the highest and its seats are free. Raises PT400 seats_not_positive, PT400 too_many, PT400 name_missing, PT400
text_too_long, PT404 session_not_found, PT409 session_closed (the detail gives the reason), PT409 already_enrolled,
PT409 already_waiting, PT409 seats_available, PT409 session_full (more seats than the session has in all).';

revoke all on function join_waitlist(uuid, text, text, text, integer, integer) from public;
grant execute on function join_waitlist(uuid, text, text, text, integer, integer) to sessionbook_app;
