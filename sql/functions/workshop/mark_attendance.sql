-- requires: functions/_lock_session, functions/session_days, functions/lifecycle.actor
-- requires: functions/lifecycle.changed_by, functions/lifecycle.now
-- security: enrollments are those of the session that is named; the list is capped, and checked before it is written.
-- Locks: the session, then its enrollments that are marked, in id order.
create or replace function mark_attendance(p_session_id uuid, p_marks jsonb)
returns setof enrollments
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_session workshop_sessions;
    v_days date[];
    v_mark jsonb;
    v_place bigint;
    v_day date;
    v_problem text;
    v_enrollment_id uuid;
    v_ids uuid[] := array[]::uuid[];
begin
    if jsonb_typeof(p_marks) is distinct from 'array' then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_marks',
            message = 'p_marks is not an array of marks',
            detail = e'key: invalid_marks\n' || format('It is %s.', coalesce(jsonb_typeof(p_marks), 'null')),
            hint = 'For example [{"enrollment_id": "70000000-0000-4000-8000-000000000001", "status": "attended"}].';
    end if;
    if jsonb_array_length(p_marks) > 1000 then
        raise exception using
            errcode = 'PT400',
            constraint = 'too_many',
            message = format('cannot mark %s at once', jsonb_array_length(p_marks)),
            detail = e'key: too_many\n' || 'At most 1000 marks are made at once.',
            hint = 'Split the list; the same mark may be made again.';
    end if;
    v_session := _lock_session(p_session_id, null);
    if v_session.status = 'cancelled' then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_closed',
            message = format('session %s has no attendees', p_session_id),
            detail = e'key: session_closed\n' || 'It is cancelled.',
            hint = 'Attendance can be marked for sessions that are not cancelled.';
    end if;
    if v_session.starts_at > v_now then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_not_started',
            message = format('nobody has attended session %s yet', p_session_id),
            detail = e'key: session_not_started\n' || format('It starts at %s.', v_session.starts_at),
            hint = 'Mark attendance after the start.';
    end if;
    v_days := array(
        select d.day
        from session_days(p_session_id) as d
    );
    perform
    from enrollments as e
    where e.session_id = p_session_id
        and e.status = 'successful'
        and e.id::text in (select m ->> 'enrollment_id' from jsonb_array_elements(p_marks) as m)
    order by e.id
    for no key update;
    for v_mark, v_place in
        select m.mark, m.place
        from jsonb_array_elements(p_marks) with ordinality as m (mark, place)
        order by m.place
    loop
        v_problem := null;
        v_enrollment_id := null;
        if jsonb_typeof(v_mark) <> 'object' then
            v_problem := format('it is not an object but %s', jsonb_typeof(v_mark));
        elsif v_mark - array['enrollment_id', 'day', 'status'] <> '{}' then
            v_problem := 'it has more than enrollment_id, day and status';
        elsif coalesce(v_mark ->> 'status' not in ('attended', 'absent'), true) then
            v_problem := 'status is neither attended nor absent';
        elsif v_mark ->> 'day' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}($|[T ])' then
            -- Otherwise "today" would mean the server's day.
            v_problem := 'day is not written like 2026-01-05';
        else
            begin
                v_day := coalesce((v_mark ->> 'day')::date, v_session.session_date);
                v_enrollment_id := (v_mark ->> 'enrollment_id')::uuid;
            exception
                -- Not PostgreSQL's own message, which repeats the value.
                when data_exception then
                    v_problem := 'enrollment_id is no uuid, or day no date';
            end;
            v_problem := coalesce(v_problem, case
                when v_day <> all(v_days) then format('the session has no day %s', v_day)
                when (v_day::timestamp at time zone v_session.timezone) > v_now
                    then format('%s is still to come', v_day)
            end);
        end if;
        if v_problem is not null then
            raise exception using
                errcode = 'PT400',
                constraint = 'invalid_mark',
                message = format('mark %s of %s is not valid: %s', v_place, jsonb_array_length(p_marks), v_problem),
                detail = e'key: invalid_mark\n' || 'No mark of the list was recorded.',
                hint = 'Elements have enrollment_id and status, and may have day, a local day of the session.';
        end if;
        if not exists (
            select
            from enrollments as e
            where e.id = v_enrollment_id and e.session_id = p_session_id and e.status = 'successful'
        ) then
            raise exception using
                errcode = 'PT404',
                constraint = 'attendee_not_found',
                message = format('mark %s: the session has no enrollment %s', v_place, v_enrollment_id),
                detail = e'key: attendee_not_found\n' || 'No successful enrollment of this session has this id.',
                hint = 'See session_attendees.';
        end if;
        insert into attendance (enrollment_id, day, status, changed_by, actor, marked_at)
        values (
            v_enrollment_id, v_day, v_mark ->> 'status', lifecycle.changed_by(), lifecycle.actor(), v_now
        )
        on conflict (enrollment_id, day) do update
        set status = excluded.status,
            changed_by = excluded.changed_by,
            actor = excluded.actor,
            marked_at = excluded.marked_at;
        v_ids := v_ids || v_enrollment_id;
    end loop;
    -- A person who dropped out stays so.
    update enrollments as e
    set completion_status = f.completion_status
    from (
        select
            u.id,
            case
                when count(a.day) >= (select g.completion_share from settings as g) * cardinality(v_days)
                    then 'completed'
                when count(a.day) > 0 then 'in_progress'
                else 'enrolled'
            end as completion_status
        from (select distinct x.id from unnest(v_ids) as x (id)) as u
        left join attendance as a on u.id = a.enrollment_id and a.status = 'attended' and a.day = any(v_days)
        group by u.id
    ) as f
    where f.id = e.id and e.completion_status not in ('dropped', f.completion_status);
    return query
    select e.*
    from enrollments as e
    where e.id = any(v_ids)
    order by e.id;
end
$function$;

comment on function mark_attendance(uuid, jsonb) is
'Records who came on which day of a session. completion_status follows: in_progress from the first attended day on,
completed once the share settings.completion_share of its days was attended (by default all); dropped stays.
p_session_id: the session, which has begun; p_marks: array of at most 1000 objects with enrollment_id, status (attended
or absent) and any of day (a local day of the session, default the first); a second mark replaces the first. Returns the
rows of enrollments that were marked. Raises PT400 invalid_marks, PT400 too_many, PT400 invalid_mark (the message says
which element and what is wrong), PT404 session_not_found, PT404 attendee_not_found, PT409 session_closed (it is
cancelled), PT409 session_not_started.';

revoke all on function mark_attendance(uuid, jsonb) from public;
grant execute on function mark_attendance(uuid, jsonb) to sessionbook_app;
