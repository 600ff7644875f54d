-- requires: functions/create_sessions, functions/_course, functions/_match_plan, functions/_read_sessions
-- requires: functions/_session_minutes, functions/_refuse_past, functions/lifecycle.now
-- security: applications change plans without rights on the tables; the list is read into columns, at most 1000
-- elements, and it is never executed as SQL.
-- Sessions whose time is in the plan stay there; otherwise one new session at the beginning would move all others and
-- their topics.
-- Locks: the course, so that two plans are made one after the other; then its live sessions in id order. Nothing else
-- here locks a course, so two of these cannot be in a deadlock; a caller who holds sessions of a course already, and
-- then asks for its plan, can, and PostgreSQL ends one of the two.
create or replace function update_scheduled_sessions(
    p_enrolled_courses_id integer,
    p_sessions jsonb
)
returns table (updated integer, created integer, deleted integer, preserved integer)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    -- Each with its place in the list as id.
    v_elements constant sessions[] := array(select r from _read_sessions(p_sessions) as r order by r.id);
    v_course constant enrolled_courses := _course(p_enrolled_courses_id);
    v_timezone text;
    v_places integer[];
    v_ids integer[];
    v_left integer[];
    v_open integer[];
    v_unlisted integer;
    v_matched integer;
begin
    v_timezone := coalesce(
        v_course.timezone,
        (
            select st.timezone
            from enrolled_students as st
            where st.id = v_course.student_id
        )
    );
    perform
    from enrolled_courses as c
    where c.id = v_course.id
    for no key update;
    perform
    from sessions as s
    where s.enrolled_courses_id = v_course.id
        and s.deleted_at is null
        and s.status in ('scheduled', 'in_progress', 'completed')
    order by s.id
    for no key update;
    select coalesce(array_agg(m.place), '{}'), coalesce(array_agg(m.session_id), '{}')
    into v_places, v_ids
    from _match_plan(v_course.id, v_elements, v_now) as m;
    -- A session whose start is past counts as started, even if no tick has moved it yet.
    select
        count(*) filter (where s.status <> 'scheduled' or s.starts_at <= v_now),
        count(*) filter (where (s.status <> 'scheduled' or s.starts_at <= v_now) and s.id <> all(v_ids)),
        coalesce(
            array_agg(s.id order by s.starts_at, s.id)
            filter (where s.status = 'scheduled' and s.starts_at > v_now and s.id <> all(v_ids)),
            '{}'
        )
    into preserved, v_unlisted, v_open
    from sessions as s
    where s.enrolled_courses_id = v_course.id
        and s.deleted_at is null
        and s.status in ('scheduled', 'in_progress', 'completed');
    if cardinality(v_elements) < preserved then
        raise exception using
            errcode = 'PT409',
            constraint = 'plan_too_short',
            message = format(
                'a plan of %s sessions is too short for enrolled course %s: %s took place',
                cardinality(v_elements), v_course.id, preserved
            ),
            detail = e'key: plan_too_short\n'
                || format('%s sessions are completed or in progress and cannot be removed.', preserved),
            hint = 'Pass the whole plan, including the sessions that have taken place.';
    end if;
    v_left := array(
        select e.id
        from unnest(v_elements) as e
        where e.id <> all(v_places)
        order by (e.session_date + e.start_time) at time zone coalesce(e.timezone, v_timezone), e.id
    );
    -- The earliest remaining elements count as sessions that took place at another time than planned.
    v_left := v_left[v_unlisted + 1 :];
    v_matched := least(cardinality(v_left), cardinality(v_open));
    v_places := v_places || v_left[: v_matched];
    v_ids := v_ids || v_open[: v_matched];
    perform _refuse_past(
        s.id, (e.session_date + e.start_time) at time zone coalesce(e.timezone, s.timezone), v_now
    )
    from unnest(v_left[: v_matched], v_open[: v_matched]) as p (place, session_id)
    inner join sessions as s on p.session_id = s.id
    inner join unnest(v_elements) as e on p.place = e.id;
    with planned as (
        select n.*
        from unnest(v_places, v_ids) as p (place, session_id)
        inner join sessions as s on p.session_id = s.id
        cross join lateral jsonb_populate_record(s, p_sessions -> (p.place - 1)) as n
        where s.status = 'scheduled' and s.starts_at > v_now
    )
    update sessions as s
    set session_date = m.session_date,
        start_time = m.start_time,
        end_time = m.end_time,
        timezone = coalesce(m.timezone, s.timezone),
        duration = case
            when (s.session_date, s.start_time, s.end_time, s.timezone)
                = (m.session_date, m.start_time, m.end_time, coalesce(m.timezone, s.timezone))
                then s.duration
            else _session_minutes(m.session_date, m.start_time, m.end_time, coalesce(m.timezone, s.timezone))
        end,
        -- Equal JSON keeps its stored text: JSON from a request may have other spaces.
        topics = case when m.topics::jsonb = s.topics::jsonb then s.topics else m.topics end,
        session_mode = m.session_mode,
        location = m.location,
        whiteboard_id = m.whiteboard_id,
        priority_level = m.priority_level,
        is_recurring = m.is_recurring,
        session_frequency = m.session_frequency,
        recurring_pattern = case
            when m.recurring_pattern::jsonb = s.recurring_pattern::jsonb then s.recurring_pattern
            else m.recurring_pattern
        end,
        notification_enabled = m.notification_enabled,
        alarm_enabled = m.alarm_enabled,
        alarm_before_minutes = m.alarm_before_minutes,
        is_featured = m.is_featured
    from planned as m
    where m.id = s.id;
    get diagnostics updated = row_count;
    update sessions as s
    set deleted_at = v_now
    where s.id = any(v_open[v_matched + 1 :]);
    get diagnostics deleted = row_count;
    select count(*) into created
    from create_sessions(
        v_course.id,
        (
            select coalesce(jsonb_agg(p_sessions -> (p.place - 1) order by p.ordinality), '[]')
            from unnest(v_left[v_matched + 1 :]) with ordinality as p (place, ordinality)
        )
    );
    return next;
end
$function$;

comment on function update_scheduled_sessions(integer, jsonb) is
'Replaces the plan of a course by a list. A session whose time is in the list stays, so the same plan again changes
nothing. Sessions that are in progress, completed or over are preserved; if their time is not in the list, each counts
as the earliest element that is left. The other future sessions are moved to the remaining elements in order of time,
missing ones are created, surplus ones are soft-deleted. Cancelled sessions and no-shows are not changed; if they are
over and their time is in the list, they count as that element. p_enrolled_courses_id: the course; p_sessions: the whole
plan, as for create_sessions(); fields that an element does not have stay as they are. Returns one row with the numbers
of sessions updated, created, deleted and preserved. Raises PT409 plan_too_short, and PT404 course_not_found, PT400
invalid_sessions, PT400 too_many (more than 1000 elements), PT400 invalid_session (the message says which element),
PT400 time_is_over (an element is in the past and no session has its time).';

revoke all on function update_scheduled_sessions(integer, jsonb) from public;
grant execute on function update_scheduled_sessions(integer, jsonb) to sessionbook_app;
