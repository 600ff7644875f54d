-- requires: functions/_lock_session, functions/_people_to_tell, functions/_refuse_long_texts
-- requires: functions/_reopen_waitlist, functions/lifecycle.now
-- security: the session is named by its key; all that moves along belongs to it.
-- The run follows at the end of the transaction, as ever; holds and offers are shortened by shorten_holds().
-- Locks: the session, then its enrollments and waitlist_entries.
create or replace function reschedule_session(
    p_session_id uuid,
    p_session_date date default null,
    p_start_time time default null,
    p_end_time time default null,
    p_allow_past boolean default false,
    p_expected_updated_at timestamptz default null,
    p_idempotency_key text default null
)
returns setof cancellation_notice
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_key constant text := nullif(p_idempotency_key, '');
    v_request constant jsonb := jsonb_build_object(
        'session_date', p_session_date, 'start_time', p_start_time, 'end_time', p_end_time
    );
    v_before jsonb;
    v_old workshop_sessions;
    v_new workshop_sessions;
    v_days integer;
    v_by interval;
    v_waiting integer := 0;
begin
    perform _refuse_long_texts(null, null, null, v_key);
    -- Before checks whose result this call may have changed the first time, such as updated_at.
    if v_key is not null then
        perform _lock_session(p_session_id, null);
        select m.request
        into v_before
        from session_moves as m
        where m.session_id = p_session_id and m.idempotency_key = v_key;
        if found then
            if v_before <> v_request then
                raise exception using
                    errcode = 'PT409',
                    constraint = 'idempotency_key_reused',
                    message = 'the idempotency key was used for something else',
                    detail = e'key: idempotency_key_reused\n'
                        || format('Session %s was moved to another time with it.', p_session_id),
                    hint = 'Make up a new key for each move.';
            end if;
            return query select n.* from _people_to_tell(array[p_session_id], v_now) as n;
            return;
        end if;
    end if;
    v_old := _lock_session(p_session_id, p_expected_updated_at);
    if v_old.status = 'cancelled' then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_closed',
            message = format('session %s cannot be moved', p_session_id),
            detail = e'key: session_closed\n' || 'It is cancelled.',
            hint = 'Make a new session, or restore this one first (status upcoming).';
    end if;
    v_new := v_old;
    v_new.session_date := coalesce(p_session_date, v_old.session_date);
    v_new.start_time := coalesce(p_start_time, v_old.start_time);
    -- Without a new end the length stays.
    v_new.end_time := coalesce(p_end_time, v_new.start_time + (v_old.end_time - v_old.start_time));
    if v_new.session_date not between '1900-01-01' and '9999-12-31' then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_session_dates',
            message = format('session %s cannot be moved to %s', p_session_id, v_new.session_date),
            detail = e'key: invalid_session_dates\n' || 'A session is in the years 1900 to 9999.',
            hint = 'Use a date such as 2026-01-05.';
    end if;
    if not coalesce(p_allow_past, false)
        and ((v_new.session_date + v_new.start_time) at time zone v_old.timezone) <= v_now
        and (v_new.session_date, v_new.start_time) is distinct from (v_old.session_date, v_old.start_time)
    then
        raise exception using
            errcode = 'PT400',
            constraint = 'time_is_over',
            message = format('session %s cannot begin on %s at %s', p_session_id, v_new.session_date, v_new.start_time),
            detail = e'key: time_is_over\n'
                || format('That day is over in %s: the clock would complete the session.', v_old.timezone),
            hint = 'Pass p_allow_past => true to move it into the past.';
    end if;
    v_days := v_new.session_date - v_old.session_date;
    v_by := (v_new.session_date + v_new.start_time) - (v_old.session_date + v_old.start_time);
    update workshop_sessions as s
    set session_date = v_new.session_date,
        start_time = v_new.start_time,
        end_time = v_new.end_time,
        end_date = s.end_date + v_days,
        session_dates = case
            when v_days <> 0 and jsonb_typeof(s.session_dates) = 'array'
                then (
                    select coalesce(jsonb_agg(d.day::date + v_days order by d.place), '[]')
                    from jsonb_array_elements_text(s.session_dates) with ordinality as d (day, place)
                )
            else s.session_dates
        end,
        -- On the local clock. What is open stays open.
        booking_opens_at = case
            when s.booking_opens_at > v_now
                then ((s.booking_opens_at at time zone s.timezone) + v_by) at time zone s.timezone
        end,
        booking_closes_at = ((s.booking_closes_at at time zone s.timezone) + v_by) at time zone s.timezone,
        cancel_until = ((s.cancel_until at time zone s.timezone) + v_by) at time zone s.timezone,
        decide_at = ((s.decide_at at time zone s.timezone) + v_by) at time zone s.timezone
    where s.id = p_session_id
        and (s.session_date, s.start_time, s.end_time)
        is distinct from (v_new.session_date, v_new.start_time, v_new.end_time)
    returning s.* into v_new;
    if found then
        if v_new.status <> 'completed' and v_new.starts_at > v_now then
            v_waiting := _reopen_waitlist(p_session_id);
        end if;
        -- An update that names the counter fires the seat trigger, which offers seats to those who wait.
        update workshop_sessions as s
        set waiting_count = s.waiting_count + v_waiting, current_attendees = s.current_attendees
        where s.id = p_session_id and s.waiting_count + v_waiting > 0;
    end if;
    if v_key is not null then
        insert into session_moves (session_id, idempotency_key, request, moved_at)
        values (p_session_id, v_key, v_request, v_now);
    end if;
    return query select n.* from _people_to_tell(array[p_session_id], v_now) as n;
end
$function$;

comment on function reschedule_session(uuid, date, time, time, boolean, timestamptz, text) is
'Moves a session to another time. Its other days, booking window, cancel deadline, decide_at and run move with it; no
offer and no hold lasts beyond the new start. A completed session may be moved too; reopen_session() then reopens it.
p_session_id: the session; p_session_date, p_start_time: its new local start (null: as before); p_end_time: its new
local end (null: the length stays); p_allow_past: true allows a start in the past (default false);
p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked); p_idempotency_key: made up by
the caller for this move, so that a repeated call moves nothing, even if somebody else has moved the session since
(default none). Returns the people to inform, as cancel_session(); a repeated call moves nothing and returns them again.
Raises PT400 time_is_over, PT400 invalid_session_dates, PT404 session_not_found, PT409 session_closed (it is cancelled),
PT409 changed_meanwhile, PT409 idempotency_key_reused, PT400 text_too_long.';

revoke all on function reschedule_session(uuid, date, time, time, boolean, timestamptz, text) from public;
grant execute on function reschedule_session(uuid, date, time, time, boolean, timestamptz, text) to sessionbook_app;
