-- requires: functions/_cloned_run, functions/_refuse_long_texts, functions/_require_workshop
-- requires: functions/_require_written
-- security: it copies what belongs to the workshop that is named, and nothing is taken from the caller but a day and a
-- name.
-- The sessions are read once, by one statement, before anything is written: one that moves while this waits is copied
-- as it was, with all others, to the day that was asked for.
-- Locks: none; foreign keys share-lock the workshop. Two clones at once make two runs, with one key one: the second
-- waits for the first at the unique index, and returns its run.
create or replace function clone_workshop_sessions(
    p_workshop_id uuid,
    p_new_start_date date,
    p_run_name varchar default null,
    p_source_run_id uuid default null,
    p_idempotency_key text default null
)
returns table (new_run_id uuid, sessions_created integer)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    -- Applications whose texts cannot be null send an empty one.
    v_run_name constant varchar := case when p_run_name ~ '[^[:space:]]' then p_run_name end;
    v_key constant text := nullif(p_idempotency_key, '');
    v_request constant jsonb := jsonb_build_object(
        'start_date', p_new_start_date, 'run_name', v_run_name, 'source_run_id', p_source_run_id
    );
    v_source_run_id uuid := p_source_run_id;
    v_source_workshop_id uuid;
    v_sessions workshop_sessions[];
    v_first_day date;
    v_last_day date;
    v_days integer;
    v_run workshop_runs;
begin
    if p_new_start_date is null then
        raise exception using
            errcode = 'PT400',
            constraint = 'start_date_missing',
            message = format('no valid start date is given for the copy of workshop %s', p_workshop_id),
            detail = e'key: start_date_missing\n' || 'p_new_start_date is null.',
            hint = 'Give the first day of the new run, such as 2026-07-01.';
    end if;
    if p_new_start_date not between '0001-01-01' and '9999-12-31' then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_start_date',
            message = format('workshop %s cannot begin on %s', p_workshop_id, p_new_start_date),
            detail = e'key: invalid_start_date\n' || 'The year must be from 1 to 9999.',
            hint = 'Give the first day of the new run, such as 2026-07-01.';
    end if;
    perform _refuse_long_texts(v_run_name, null, null, v_key);
    perform _require_workshop(p_workshop_id);
    if v_key is not null then
        select r.*
        into v_run
        from workshop_runs as r
        where r.workshop_id = p_workshop_id and r.idempotency_key = v_key;
        if found then
            return query select c.* from _cloned_run(v_run, v_request) as c;
            return;
        end if;
    end if;
    if p_source_run_id is not null then
        select r.workshop_id into v_source_workshop_id
        from workshop_runs as r
        where r.id = p_source_run_id;
        if v_source_workshop_id is distinct from p_workshop_id then
            raise exception using
                errcode = 'PT400',
                constraint = 'source_run_mismatch',
                message = format('run %s does not belong to workshop %s', p_source_run_id, p_workshop_id),
                detail = e'key: source_run_mismatch\n' || case
                    when v_source_workshop_id is null then 'There is no such run.'
                    else format('It is a run of workshop %s.', v_source_workshop_id)
                end,
                hint = 'Use a run of this workshop, or leave p_source_run_id out for the latest.';
        end if;
    else
        select r.id into v_source_run_id
        from workshop_runs as r
        where r.workshop_id = p_workshop_id
            and r.status <> 'cancelled'
            and exists (select from workshop_sessions as s where s.run_id = r.id and s.status <> 'cancelled')
        order by r.start_date desc, r.created_at desc, r.id desc
        limit 1;
    end if;

    select array_agg(s), min(s.session_date), max(s.last_date)
    into v_sessions, v_first_day, v_last_day
    from workshop_sessions as s
    where (
            s.run_id = v_source_run_id
            or (v_source_run_id is null and s.run_id is null and s.workshop_id = p_workshop_id)
        )
        and s.status <> 'cancelled';
    if v_first_day is null then
        raise exception using
            errcode = 'PT404',
            constraint = 'nothing_to_clone',
            message = format('workshop %s has no sessions to clone', p_workshop_id),
            detail = e'key: nothing_to_clone\n' || case
                when p_source_run_id is null then 'No run, and no session without one, has a session that is not cancelled.'
                else format('Run %s has no session that is not cancelled.', p_source_run_id)
            end,
            hint = 'Create its first sessions in workshop_sessions, or name another run.';
    end if;

    v_days := p_new_start_date - v_first_day;
    insert into workshop_runs as r (
        workshop_id, run_name, run_name_ar, start_date, end_date, price, idempotency_key, idempotency_request
    )
    select
        p_workshop_id,
        coalesce(v_run_name, 'Session ' || to_char(p_new_start_date, 'FMMonth FMYYYY')),
        case
            when v_run_name is null
                then 'دورة ' || (array[
                    'يناير', 'فبراير', 'مارس', 'أبريل', 'مايو', 'يونيو',
                    'يوليو', 'أغسطس', 'سبتمبر', 'أكتوبر', 'نوفمبر', 'ديسمبر'
                ])[extract(month from p_new_start_date)] || to_char(p_new_start_date, ' FMYYYY')
        end,
        p_new_start_date,
        v_last_day + v_days,
        (select o.price from workshop_runs as o where o.id = v_source_run_id),
        v_key,
        case when v_key is not null then v_request end
    on conflict (workshop_id, idempotency_key) where idempotency_key is not null do nothing
    returning r.id into new_run_id;
    if not found then
        -- Somebody else used the key in the same moment, and has committed by now.
        select r.*
        into v_run
        from workshop_runs as r
        where r.workshop_id = p_workshop_id and r.idempotency_key = v_key;
        if not found then
            perform _require_written('workshop_runs', 0, 1);
        end if;
        return query select c.* from _cloned_run(v_run, v_request) as c;
        return;
    end if;

    insert into workshop_sessions (
        workshop_id, run_id, session_number, session_date, end_date, session_dates, start_time, end_time, duration,
        timezone, location, location_ar, max_attendees, notes, notes_ar, day_count, total_days, metadata,
        booking_opens_at, booking_closes_at, cancel_until, min_attendees, decide_at
    )
    select
        s.workshop_id,
        new_run_id,
        row_number() over (order by s.session_date, s.start_time, s.session_number, s.id),
        s.session_date + v_days,
        s.end_date + v_days,
        case
            when jsonb_typeof(s.session_dates) = 'array'
                then (
                    select coalesce(jsonb_agg(d.day::date + v_days order by d.place), '[]')
                    from jsonb_array_elements_text(s.session_dates) with ordinality as d (day, place)
                )
        end,
        s.start_time,
        s.end_time,
        s.duration,
        s.timezone,
        s.location,
        s.location_ar,
        s.max_attendees,
        s.notes,
        s.notes_ar,
        s.day_count,
        s.total_days,
        s.metadata,
        -- On the local clock, as the sessions move: what opened at nine in the morning does so again.
        ((s.booking_opens_at at time zone s.timezone) + v_days * interval '1 day') at time zone s.timezone,
        ((s.booking_closes_at at time zone s.timezone) + v_days * interval '1 day') at time zone s.timezone,
        ((s.cancel_until at time zone s.timezone) + v_days * interval '1 day') at time zone s.timezone,
        s.min_attendees,
        ((s.decide_at at time zone s.timezone) + v_days * interval '1 day') at time zone s.timezone
    from unnest(v_sessions) as s;
    get diagnostics sessions_created = row_count;
    perform _require_written('workshop_sessions', sessions_created, cardinality(v_sessions));
    return next;
end
$function$;

comment on function clone_workshop_sessions(uuid, date, varchar, uuid, text) is
'Repeats a workshop: copies one of its runs so that it begins on another day. All dates, booking windows and cancel
deadlines move by the same number of days; local times, zone and price stay. Sessions are numbered from 1 by date and
time, and have no attendees. Cancelled sessions are not copied. p_workshop_id: the workshop; p_new_start_date: first
local day of the copy; p_run_name: name of the copy (null or empty: one such as Session July 2025, with an Arabic one);
p_source_run_id: run to copy (default: the latest that is not cancelled, else the sessions without a run);
p_idempotency_key: made up by the caller for this copy, so that a repeated call returns the same run (default none).
Returns new_run_id and sessions_created, one row. Raises PT400 start_date_missing, PT400 invalid_start_date, PT400
text_too_long, PT400 source_run_mismatch, PT404 workshop_not_found, PT404 nothing_to_clone, PT409
idempotency_key_reused, PT409 session_closed (a trigger of the application suppressed rows).';

revoke all on function clone_workshop_sessions(uuid, date, varchar, uuid, text) from public;
grant execute on function clone_workshop_sessions(uuid, date, varchar, uuid, text) to sessionbook_app;
