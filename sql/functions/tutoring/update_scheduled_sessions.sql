-- requires: functions/create_sessions, functions/_course, functions/_read_sessions, functions/_session_minutes
-- requires: functions/lifecycle.now
-- security: applications change plans without any right to the tables; the list is read into columns, at most 1000
-- elements, and nothing of it becomes SQL.
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
    v_course enrolled_courses;
    v_wanted integer;
    v_places integer[];
    v_ids integer[];
begin
    v_places := array(
        select r.id
        from _read_sessions(p_sessions) as r
        order by r.session_date, r.start_time, r.id
    );
    v_wanted := cardinality(v_places);
    v_course := _course(p_enrolled_courses_id);
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
    select
        count(*) filter (where s.status <> 'scheduled'),
        coalesce(array_agg(s.id order by s.starts_at, s.id) filter (where s.status = 'scheduled'), '{}')
    into preserved, v_ids
    from sessions as s
    where s.enrolled_courses_id = v_course.id
        and s.deleted_at is null
        and s.status in ('scheduled', 'in_progress', 'completed');
    if v_wanted < preserved then
        raise exception using
            errcode = 'PT409',
            constraint = 'plan_too_short',
            message = format(
                'a plan of %s sessions is too short for enrolled course %s: %s took place', v_wanted, v_course.id, preserved
            ),
            detail = e'key: plan_too_short\n'
                || format('%s sessions are completed or in progress, and stay.', preserved),
            hint = 'List the whole plan, those that took place included.';
    end if;
    -- The earliest elements stand for the sessions that took place.
    v_places := v_places[preserved + 1 : v_wanted];
    updated := least(cardinality(v_places), cardinality(v_ids));
    with moved as (
        select n.*
        from unnest(v_ids, v_places) as p (session_id, place)
        inner join sessions as s on p.session_id = s.id
        cross join lateral jsonb_populate_record(s, p_sessions -> (p.place - 1)) as n
        where p.place is not null
    )
    update sessions as s
    set session_date = m.session_date,
        start_time = m.start_time,
        end_time = m.end_time,
        timezone = coalesce(m.timezone, s.timezone),
        duration = _session_minutes(m.session_date, m.start_time, m.end_time, coalesce(m.timezone, s.timezone)),
        topics = m.topics,
        session_mode = m.session_mode,
        location = m.location,
        whiteboard_id = m.whiteboard_id,
        priority_level = m.priority_level,
        is_recurring = m.is_recurring,
        session_frequency = m.session_frequency,
        recurring_pattern = m.recurring_pattern,
        notification_enabled = m.notification_enabled,
        alarm_enabled = m.alarm_enabled,
        alarm_before_minutes = m.alarm_before_minutes,
        is_featured = m.is_featured
    from moved as m
    where m.id = s.id;
    update sessions as s
    set deleted_at = v_now
    where s.id = any(v_ids[updated + 1 :]);
    get diagnostics deleted = row_count;
    select count(*) into created
    from create_sessions(
        v_course.id,
        (
            select coalesce(jsonb_agg(p_sessions -> (p.place - 1) order by p.ordinality), '[]')
            from unnest(v_places[updated + 1 :]) with ordinality as p (place, ordinality)
        )
    );
    return next;
end
$function$;

comment on function update_scheduled_sessions(integer, jsonb) is
'Makes the plan of a course be a list: sessions completed or in progress are preserved, and the earliest elements stand
for them; scheduled ones are moved to the other elements in order of time, missing ones are created, surplus ones are
deleted softly. Cancelled sessions and no-shows are left alone. p_enrolled_courses_id: the course; p_sessions: the
whole plan, as for create_sessions(); what an element does not say stays as it is. Returns updated, created, deleted,
preserved, one row. Raises PT409 plan_too_short, and PT404 course_not_found, PT400 invalid_sessions, PT400 too_many (more
than 1000 elements), PT400 invalid_session (message: which element).';

revoke all on function update_scheduled_sessions(integer, jsonb) from public;
grant execute on function update_scheduled_sessions(integer, jsonb) to sessionbook_app;
