-- requires: functions/_insert_order, functions/_lock_bookable_session, functions/_lock_waitlist_entry
-- requires: functions/_refuse_long_texts, functions/_require_amount, functions/_require_new_student
-- requires: functions/_require_written, functions/_run_items, functions/workshops_on_sale, functions/lifecycle.now
-- security: an offer is turned into an enrollment by its key only, with the seats and the price that it was made for.
-- The counter has the seats since the offer was made, so it stays. If money is due, the seats are held for an order
-- for as long as the offer stood, and for half an hour at least.
-- Locks: as _lock_waitlist_entry(); then the creator's order counter.
create or replace function accept_offer(p_entry_id uuid, p_customer_phone text default null)
returns enrollments
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_entry waitlist_entries;
    v_enrollment enrollments;
    v_sessions uuid[];
    v_session_id uuid;
    v_item order_items;
    v_items order_items[];
    v_booking_id uuid;
    v_made uuid[];
    v_until timestamptz;
    v_order orders;
    v_creator_id uuid;
    v_phone text;
begin
    v_entry := _lock_waitlist_entry(p_entry_id);
    if v_entry.status = 'redeemed' then
        select e.* into v_enrollment from enrollments as e where e.id = v_entry.enrollment_id;
        if not found then
            raise exception using
                errcode = 'PT404',
                constraint = 'enrollment_not_found',
                message = format('the offer of waiting list entry %s was already accepted', p_entry_id),
                detail = e'key: enrollment_not_found\n' || 'The enrollment made from it has been deleted since.',
                hint = 'An offer is good for one enrollment; join_waitlist() again.';
        end if;
        return v_enrollment;
    end if;
    if v_entry.status = 'expired' or v_entry.status = 'offered' and v_entry.offer_expires_at <= v_now then
        raise exception using
            errcode = 'PT409',
            constraint = 'offer_expired',
            message = format('the offer of waiting list entry %s ran out', p_entry_id),
            detail = e'key: offer_expired\n' || format('It was valid until %s.', v_entry.offer_expires_at),
            hint = 'Call join_waitlist() again; those who wait now come first.';
    end if;
    v_sessions := case
        when v_entry.run_id is null then array[v_entry.session_id]
        else array(
            select w.session_id
            from waitlist_entries as w
            where w.run_entry_id = v_entry.id and w.status = 'offered' and w.offer_expires_at > v_now
            order by w.session_id
        )
    end;
    if v_entry.status <> 'offered' or v_sessions = '{}' then
        raise exception using
            errcode = 'PT409',
            constraint = 'not_offered',
            message = format('waiting list entry %s has no offer to accept', p_entry_id),
            detail = e'key: not_offered\n' || format('It is %s.', v_entry.status),
            hint = 'A waiting entry gets an offer once enough seats are free.';
    end if;
    foreach v_session_id in array v_sessions loop
        perform _lock_bookable_session(v_session_id, v_now);
        perform _require_new_student(v_session_id, v_entry.student_email, v_entry.student_phone, v_now);
    end loop;
    -- Written and not only locked: a caller with an older snapshot that waits for the row must not miss the new
    -- student.
    update workshop_sessions as s
    set waiting_count = s.waiting_count
    where s.id = any(v_sessions);
    select w.workshop_id, w.workshop_name, w.workshop_name_ar, w.seat_price, w.creator_id
    into v_item.workshop_id, v_item.workshop_name, v_item.workshop_name_ar, v_item.price, v_creator_id
    from workshop_sessions as s
    inner join workshops_on_sale() as w on s.workshop_id = w.workshop_id
    where s.id = v_sessions[1];
    if v_entry.run_id is null then
        v_item.session_id := v_entry.session_id;
        v_item.quantity := v_entry.seats;
        v_item.subtotal := _require_amount(v_item.price * v_entry.seats);
        v_items := array[v_item];
    else
        v_booking_id := gen_random_uuid();
        v_items := array(
            select i
            from _run_items(v_entry.run_id, v_entry.seats, v_now) as i
            where i.session_id = any(v_sessions)
        );
    end if;
    if (select sum(i.subtotal) from unnest(v_items) as i) = 0 then
        with made as (
            insert into enrollments as e (
                workshop_id, session_id, student_name, student_email, student_phone, seats, total_price, status,
                run_booking_id
            )
            select
                i.workshop_id, i.session_id, v_entry.student_name, v_entry.student_email,
                v_entry.student_phone, v_entry.seats, 0, 'successful', v_booking_id
            from unnest(v_items) as i
            returning e.id, e.session_id
        )
        select array_agg(m.id order by m.session_id)
        into v_made
        from made as m;
        perform _require_written('enrollments', coalesce(cardinality(v_made), 0), cardinality(v_items));
    else
        v_phone := coalesce(nullif(trim(p_customer_phone), ''), v_entry.student_phone);
        if v_phone is null then
            raise exception using
                errcode = 'PT400',
                constraint = 'phone_missing',
                message = 'no phone number is given for the order',
                detail = e'key: phone_missing\n' || format('Entry %s has no phone number.', p_entry_id),
                hint = 'Give p_customer_phone.';
        end if;
        perform _refuse_long_texts(null, null, v_phone, null);
        select least(greatest(v_entry.offer_expires_at, v_now + interval '30 minutes'), min(s.starts_at))
        into v_until
        from workshop_sessions as s
        where s.id = any(v_sessions);
        v_order := _insert_order(
            v_creator_id, v_entry.student_name, v_phone, v_entry.student_email, 'direct', v_items, v_until, null, null
        );
        -- The buyer may have another number; the student keeps their own.
        update enrollments as e
        set student_phone = v_entry.student_phone
        where e.order_id = v_order.id and e.student_phone <> v_entry.student_phone;
        v_made := array(
            select e.id
            from enrollments as e
            where e.order_id = v_order.id
            order by e.session_id
        );
    end if;
    update waitlist_entries as w
    set status = 'redeemed', enrollment_id = e.id
    from enrollments as e
    where e.id = any(v_made) and e.session_id = w.session_id and w.run_entry_id = v_entry.id and w.status = 'offered';
    update waitlist_entries as w
    set status = 'redeemed', enrollment_id = v_made[1]
    where w.id = v_entry.id;
    select e.*
    into v_enrollment
    from enrollments as e
    where e.id = v_made[1];
    return v_enrollment;
end
$function$;

comment on function accept_offer(uuid, text) is
'Turns an offer into an enrollment, once. A repeated call returns the same row, even if it was cancelled since: the
offer is used up. p_entry_id: the entry of the waiting list, for a session or a whole run; p_customer_phone: phone
number for the order (default: that of the entry; needed only if money is due). Returns the row of enrollments (of a run
the first one; the others have the same run_booking_id): successful if nothing is due. Else pending, in a new order
(order_id) that must be paid until expires_at: that is the end of the offer, but at least half an hour from now and at
most the start of the session. Raises PT400 amount_too_large, PT400 phone_missing, PT400 text_too_long, PT404
waitlist_entry_not_found, PT404 enrollment_not_found (it has been deleted since), PT409 offer_expired, PT409
not_offered, PT409 session_closed (the detail gives the reason), PT409 already_enrolled; 55P03 offered_meanwhile(call it
again).';

revoke all on function accept_offer(uuid, text) from public;
grant execute on function accept_offer(uuid, text) to sessionbook_app;
