-- requires: functions/_lock_bookable_session, functions/_phone_keys, functions/_require_new_student
-- requires: functions/_require_run_turn, functions/_require_student, functions/_require_written, functions/_run_items
-- requires: functions/session_holds, functions/lifecycle.now, functions/lifecycle.phone_key
-- security: the caller names the student and the priority; the place in the queue comes from our tables.
-- Locks: the sessions of the run that are still to come, in id order.
create or replace function join_run_waitlist(
    p_run_id uuid,
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
    v_items order_items[];
    v_item order_items;
    v_room bigint;
    v_most integer;
    v_entry waitlist_entries;
begin
    perform _require_student(p_student_name, v_email, v_phone, p_seats, null);
    -- One seat: what it costs is asked when it is offered.
    v_items := array(select i from _run_items(p_run_id, 1, v_now) as i);
    foreach v_item in array v_items loop
        perform _lock_bookable_session(v_item.session_id, v_now);
    end loop;
    perform _require_run_turn(v_items, v_now, true);
    foreach v_item in array v_items loop
        perform _require_new_student(v_item.session_id, v_email, v_phone, v_now);
    end loop;
    select w.*
    into v_entry
    from waitlist_entries as w
    where w.run_id = p_run_id
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
            message = format('the student is already waiting for run %s', p_run_id),
            detail = e'key: already_waiting\n'
                || format(
                    'Entry %s has the same e-mail address or phone number; it is %s.', v_entry.id, v_entry.status
                ),
            hint = 'Use accept_offer() if it has an offer, or leave_waitlist() first.';
    end if;
    select
        min(
            case
                when s.waiting_count > 0 then 0
                when s.max_attendees > 0 then s.max_attendees - s.current_attendees + h.expired
                else 2147483647
            end
        ),
        min(nullif(s.max_attendees, 0))
    into v_room, v_most
    from workshop_sessions as s
    cross join lateral session_holds(s.id, v_now) as h
    where s.id in (select i.session_id from unnest(v_items) as i);
    if v_room >= p_seats
        and not exists (select from waitlist_entries as w where w.run_id = p_run_id and w.status = 'waiting')
    then
        raise exception using
            errcode = 'PT409',
            constraint = 'seats_available',
            message = format('run %s has free seats', p_run_id),
            detail = e'key: seats_available\n' || 'All of its sessions have free seats, and nobody waits.',
            hint = 'Use enroll_run() or create_order().';
    end if;
    if p_seats > v_most then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_full',
            message = format('a session of run %s will never have %s seats', p_run_id, p_seats),
            detail = e'key: session_full\n' || format('It has %s in all.', v_most),
            hint = 'Wait for fewer seats, or for another run.';
    end if;
    -- Written and not only locked: a caller with an older snapshot that waits for the row must not bypass the queue.
    update workshop_sessions as s
    set waiting_count = s.waiting_count
    where s.id in (select i.session_id from unnest(v_items) as i);
    insert into waitlist_entries as w (
        run_id, student_name, student_email, student_phone, seats, priority, joined_at
    )
    select
        p_run_id, p_student_name, v_email, v_phone, p_seats, coalesce(p_priority, 0),
        -- People queue in the order in which they locked the sessions, not in which their transactions began.
        greatest(
            v_now,
            (
                select max(o.joined_at) + interval '1 microsecond'
                from waitlist_entries as o
                where o.run_id = p_run_id
            )
        )
    returning w.* into v_entry;
    if not found then
        perform _require_written('waitlist_entries', 0, 1);
    end if;
    return v_entry;
end
$function$;

comment on function join_run_waitlist(uuid, text, text, text, integer, integer) is
'Puts a student on the waiting list for all future sessions of a run, if these cannot be booked now. The clock makes the
offer and holds seats in each of these sessions; accept_offer() and leave_waitlist() take the entry. p_run_id: the run;
p_student_name: who, not blank; p_student_email, p_student_phone: how to reach them (null: not given); p_seats: how many
in each session (default 1, 1 to 10000); p_priority: higher ones are offered seats first (default 0). Returns the row of
waitlist_entries. Raises PT400 seats_not_positive, PT400 too_many, PT400 name_missing, PT400 text_too_long, PT400
amount_too_large, PT404 run_not_found, PT409 session_closed, PT409 already_enrolled, PT409 already_waiting, PT409
seats_available, PT409 session_full (a session has fewer seats in all, or the sessions of the run have just changed).';

revoke all on function join_run_waitlist(uuid, text, text, text, integer, integer) from public;
grant execute on function join_run_waitlist(uuid, text, text, text, integer, integer) to sessionbook_app;
