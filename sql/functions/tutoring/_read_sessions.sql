-- requires: functions/_session_minutes, functions/lifecycle.is_timezone, functions/lifecycle.shown
create or replace function _read_sessions(p_sessions jsonb)
returns setof sessions
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_known constant text[] := array[
        'session_date', 'start_time', 'end_time', 'timezone', 'duration', 'topics', 'session_mode', 'location',
        'whiteboard_id', 'priority_level', 'is_recurring', 'session_frequency', 'recurring_pattern',
        'notification_enabled', 'alarm_enabled', 'alarm_before_minutes', 'is_featured'
    ];
    v_blank sessions;
    v_row sessions;
    v_item jsonb;
    v_place integer;
    v_problem text;
begin
    if jsonb_typeof(p_sessions) is distinct from 'array' then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_sessions',
            message = 'p_sessions is not an array of sessions',
            detail = e'key: invalid_sessions\n' || format('It is %s.', coalesce(jsonb_typeof(p_sessions), 'null')),
            hint = 'For example [{"session_date": "2026-01-31", "start_time": "14:00", "end_time": "15:30"}].';
    end if;
    if jsonb_array_length(p_sessions) > 1000 then
        raise exception using
            errcode = 'PT400',
            constraint = 'too_many',
            message = format('p_sessions has %s elements, more than 1000', jsonb_array_length(p_sessions)),
            detail = e'key: too_many\n' || 'At most 1000 sessions are allowed in one call.',
            hint = 'Split them into several calls.';
    end if;
    -- The defaults of the table, for what an element does not say.
    v_blank.topics := '[]';
    v_blank.topics_covered := '[]';
    v_blank.session_mode := 'online';
    v_blank.tutor_attendance_status := 'present';
    v_blank.student_attendance_status := 'present';
    v_blank.priority_level := 'medium';
    v_blank.is_recurring := false;
    v_blank.session_frequency := 'one-time';
    v_blank.notification_enabled := false;
    v_blank.alarm_enabled := false;
    v_blank.alarm_before_minutes := 15;
    v_blank.is_featured := false;
    v_blank.status := 'scheduled';
    for v_item, v_place in
        select e.item, e.place
        from jsonb_array_elements(p_sessions) with ordinality as e (item, place)
        order by e.place
    loop
        if jsonb_typeof(v_item) <> 'object' then
            v_problem := format('it is not an object but %s', jsonb_typeof(v_item));
        else
            v_problem := (
                select format('unknown: %s', string_agg(u.name, ', ' order by u.name))
                from (
                    select k.name
                    from jsonb_object_keys(v_item) as k (name)
                    where k.name <> all(v_known)
                    limit 10
                ) as u
                having count(*) > 0
            );
        end if;
        if v_problem is null then
            begin
                v_row := jsonb_populate_record(v_blank, v_item);
                v_problem := case
                    when v_row.session_date is null then 'session_date is missing'
                    when v_row.start_time is null then 'start_time is missing'
                    when v_row.end_time is null then 'end_time is missing'
                    when not isfinite(v_row.session_date) then 'session_date is infinite'
                    when v_row.timezone is not null and not lifecycle.is_timezone(v_row.timezone)
                        then format('unknown time zone %s', lifecycle.shown(v_row.timezone))
                    -- This raises an error if the instants are out of range.
                    when _session_minutes(
                        v_row.session_date, v_row.start_time, v_row.end_time, coalesce(v_row.timezone, 'UTC')
                    ) is null then 'it has no length'
                    when v_row.whiteboard_id is not null and not exists (
                        select from whiteboard_sessions as w where w.id = v_row.whiteboard_id
                    ) then format('there is no whiteboard %s', v_row.whiteboard_id)
                end;
            exception
                when data_exception then
                    v_problem := sqlerrm;
            end;
        end if;
        if v_problem is not null then
            raise exception using
                errcode = 'PT400',
                constraint = 'invalid_session',
                message = format(
                    'session %s of %s is not valid: %s', v_place, jsonb_array_length(p_sessions), left(v_problem, 200)
                ),
                detail = e'key: invalid_session\n' || format('It is %s.', lifecycle.shown(v_item::text)),
                hint = format('Elements may have %s; the first three are required.', array_to_string(v_known, ', '));
        end if;
        v_row.id := v_place;
        return next v_row;
    end loop;
end
$function$;

comment on function _read_sessions(jsonb) is
'Reads and checks a list of sessions without writing any. p_sessions: array of objects with session_date, start_time,
end_time and any of timezone, topics, session_mode, location, whiteboard_id, priority_level, is_recurring,
session_frequency, recurring_pattern, notification_enabled, alarm_enabled, alarm_before_minutes, is_featured (duration
is accepted, but computed again). Returns rows of sessions, missing fields filled with the defaults; id is the place in
the list, from 1. Raises PT400 invalid_sessions, PT400 too_many, PT400 invalid_session (the message says which element
and what is wrong).';

revoke all on function _read_sessions(jsonb) from public;
