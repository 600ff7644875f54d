-- requires: functions/lifecycle.shown
-- A trigger and not generated columns: with any before update trigger on the table, PostgreSQL computes generated
-- columns anew for every seat taken (bench/RESULTS.md). The trigger names the derived columns too, so that nobody
-- writes them by hand.
-- It also refuses what would otherwise be checks: PostgreSQL parses the text of each again for every booking.
-- Locks: none.
create or replace function derive_session_instants()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_problem text;
    v_start timestamp;
    v_end timestamp;
begin
    if new.end_date < new.session_date or new.duration <= 0 then
        raise exception using
            errcode = 'PT400',
            constraint = 'end_before_start',
            message = format(
                'session %s cannot last %s hours, or from %s to %s', new.id, new.duration, new.session_date, new.end_date
            ),
            detail = e'key: end_before_start\n' || 'Its last day is before the first, or its duration is not above 0.',
            hint = 'Leave out end_date for one day, and duration for a session with an end_time.';
    end if;
    if new.booking_closes_at <= new.booking_opens_at then
        raise exception using
            errcode = 'PT400',
            constraint = 'booking_window_empty',
            message = format('session %s can never be booked', new.id),
            detail = e'key: booking_window_empty\n'
                || format('Bookings open at %s and close at %s.', new.booking_opens_at, new.booking_closes_at),
            hint = 'Set booking_closes_at after booking_opens_at; null means no limit.';
    end if;
    if not (isfinite(new.session_date) and isfinite(coalesce(new.end_date, new.session_date))) then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_session_dates',
            message = format('session %s has an infinite date: %s to %s', new.id, new.session_date, new.end_date),
            detail = e'key: invalid_session_dates\n' || 'session_date and end_date must be finite.',
            hint = 'Use a date such as 2026-01-05.';
    end if;
    -- A null of JSON is what some applications write for no list.
    if coalesce(jsonb_typeof(new.session_dates), 'null') = 'null' then
        new.last_date := greatest(new.session_date, new.end_date);
    else
        if jsonb_typeof(new.session_dates) = 'array' and jsonb_array_length(new.session_dates) > 1000 then
            raise exception using
                errcode = 'PT400',
                constraint = 'too_many',
                message = format(
                    'session_dates of session %s has %s dates', new.id, jsonb_array_length(new.session_dates)
                ),
                detail = e'key: too_many\n' || 'A session is spread over at most 1000 days.',
                hint = 'Make several sessions, and gather them in a run.';
        end if;
        -- What PostgreSQL reads as a date (tomorrow, infinity) is not one for the next reader of the list.
        if jsonb_path_exists(
            new.session_dates,
            'strict $[*] ? (!(@.type() == "string" && @ like_regex "^[0-9]{4}-[0-9]{2}-[0-9]{2}($|[T ][-+0-9:.Z]+$)"))',
            silent => true
        ) then
            v_problem := 'each is a text such as 2026-01-05';
        end if;
        begin
            new.last_date := greatest(
                new.session_date,
                new.end_date,
                (select max(d.day::date) from jsonb_array_elements_text(new.session_dates) as d (day))
            );
        exception
            when invalid_parameter_value or invalid_datetime_format or datetime_field_overflow then
                v_problem := left(sqlerrm, 200);
        end;
        if v_problem is not null then
            raise exception using
                errcode = 'PT400',
                constraint = 'invalid_session_dates',
                message = format(
                    'session_dates of session %s is not a list of dates: %s',
                    new.id,
                    lifecycle.shown(left(new.session_dates::text, 200))
                ),
                detail = e'key: invalid_session_dates\n' || format('What is wrong: %s.', v_problem),
                hint = 'Use an array of ISO dates such as ["2026-01-05", "2026-01-12"], or null.';
        end if;
    end if;
    new.starts_at := (new.session_date + new.start_time) at time zone new.timezone;
    v_start := new.last_date + new.start_time;
    v_end := case
        when new.end_time is not null
            then new.last_date
                + case when new.last_date = new.session_date and new.end_time <= new.start_time then 1 else 0 end
                + new.end_time
        when new.duration is null then new.last_date + 1
    end;
    -- Hours are added in UTC: on a local clock a session would gain or lose an hour at a change of daylight saving
    -- time. If the start falls into the skipped hour, the end moves by the same time. No session ends before it starts,
    -- even if a change of time removes a whole day.
    new.ends_at := greatest(
        new.starts_at,
        case
            when v_end is not null and (v_start at time zone new.timezone) at time zone new.timezone = v_start
                then v_end at time zone new.timezone
            else (
                (v_start at time zone new.timezone) at time zone 'UTC'
                + coalesce(v_end - v_start, new.duration::double precision * interval '1 hour')
            ) at time zone 'UTC'
        end
    );
    -- An end at midnight belongs to the day before.
    new.over_at := (((new.ends_at at time zone new.timezone) - interval '1 microsecond')::date + 1)::timestamp
        at time zone new.timezone;
    return new;
end
$function$;

comment on function derive_session_instants() is
'Trigger function (before insert or update of dates, times, duration, zone, booking window or what follows from them,
row): sets last_date, starts_at, ends_at and over_at. An end at or before the start of a single day is on the next day;
without an end the session takes duration hours, without either it lasts to the end of its last day. If the start, or
that of the last day, falls into the hour that daylight saving time skips, the end moves too and the length stays. No
arguments. Returns the row. Raises PT400 invalid_session_dates (no list of ISO dates, or an infinite day), PT400
too_many (more than 1000 dates), PT400 end_before_start (a last day before the first, or a duration that is not above
0), PT400 booking_window_empty (bookings close before they open).';

revoke all on function derive_session_instants() from public;
