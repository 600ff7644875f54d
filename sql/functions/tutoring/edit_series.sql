-- requires: functions/_lock_session, functions/_read_pattern, functions/_read_sessions, functions/_refuse_past
-- requires: functions/_rest_of_rule, functions/_session_minutes, functions/lifecycle.now, functions/lifecycle.shown
-- security: applications edit sessions without rights on the tables; the changes are read into columns, the scope is
-- compared, and they are never executed as SQL.
-- Locks: the sessions of the series by id, then session_occurrences. Who makes more of them holds the base, and new
-- ones have larger ids, so that it cannot deadlock.
-- An edit of a part splits the series, as calendars do: the first session of that part gets the rest of the rule, so
-- that sessions made later have the edit too.
create or replace function edit_series(
    p_session_id integer,
    p_scope text,
    p_changes jsonb,
    p_expected_updated_at timestamptz default null
)
returns setof sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_fields constant text[] := array[
        'session_date', 'start_time', 'end_time', 'topics', 'session_mode', 'location', 'whiteboard_id',
        'priority_level', 'notification_enabled', 'alarm_enabled', 'alarm_before_minutes', 'is_featured', 'status'
    ];
    v_now constant timestamptz := lifecycle.now();
    v_is_off boolean;
    v_field text;
    v_named sessions;
    v_new sessions;
    v_session sessions;
    v_series session_occurrences;
    v_occurrence session_occurrences;
    v_occurrences session_occurrences[];
    v_base sessions;
    v_head integer;
    v_first date;
    v_rule jsonb;
    v_rest jsonb;
    v_days integer := 0;
    v_ids integer[];
    v_id integer;
    v_moves boolean;
begin
    if p_scope is null or p_scope not in ('this', 'following', 'all') then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_scope',
            message = format('p_scope must be this, following or all, not %s', lifecycle.shown(p_scope)),
            detail = e'key: unknown_scope\n' || 'all and following change future sessions only.',
            hint = 'Use this for one session.';
    end if;
    if jsonb_typeof(p_changes) is distinct from 'object' then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_changes',
            message = format('p_changes must be an object, not %s', lifecycle.shown(p_changes::text)),
            detail = e'key: invalid_changes\n' || format('It may have the keys %s.', array_to_string(v_fields, ', ')),
            hint = 'Name what you want to change, such as {"location": "Room 2"}.';
    end if;
    v_field := (
        select min(k.field)
        from jsonb_object_keys(p_changes) as k (field)
        where k.field <> all (v_fields) or k.field = 'status' and p_changes ->> k.field is distinct from 'cancelled'
    );
    if v_field is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_field',
            message = format('%s of a series cannot be changed like this', lifecycle.shown(v_field)),
            detail = e'key: unknown_field\n'
                || format('Fields that can be changed: %s.', array_to_string(v_fields, ', ')),
            hint = 'The status can only become cancelled; change other statuses session by session.';
    end if;
    v_is_off := p_changes ? 'status';

    if p_scope <> 'this' then
        -- A session with its own rule belongs to the series of that rule.
        select o.* into v_series
        from session_occurrences as o
        where o.session_id = p_session_id
        order by o.base_session_id = p_session_id desc, o.base_session_id
        limit 1;
        if found then
            perform
            from sessions as s
            where s.id = v_series.base_session_id
                or s.id in (
                    select o.session_id
                    from session_occurrences as o
                    where o.base_session_id = v_series.base_session_id
                )
            order by s.id
            for no key update;
            -- Read again under the locks: another edit may have split the series.
            select o.* into v_series
            from session_occurrences as o
            where o.session_id = p_session_id
            order by o.base_session_id = p_session_id desc, o.base_session_id
            limit 1;
        end if;
    end if;
    v_named := _lock_session(p_session_id, p_expected_updated_at);
    if not coalesce(v_named.status = 'scheduled' or v_is_off and v_named.status = 'cancelled', false) then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_not_scheduled',
            message = format(
                'session %s cannot be edited, it is %s', p_session_id, coalesce(v_named.status, 'without a status')
            ),
            detail = e'key: session_not_scheduled\n' || format('It was to start at %s.', v_named.starts_at),
            hint = 'Use a session that is scheduled.';
    end if;
    if p_scope <> 'this' and v_series.base_session_id is null then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_not_recurring',
            message = format('session %s is not part of a series', p_session_id),
            detail = e'key: session_not_recurring\n' || 'It has no recurring_pattern and was not made from one.',
            hint = 'Use p_scope => ''this''.';
    end if;
    v_new := (
        select r
        from _read_sessions(
            jsonb_build_array(
                jsonb_build_object(
                    'session_date', v_named.session_date,
                    'start_time', v_named.start_time,
                    'end_time', v_named.end_time,
                    'timezone', v_named.timezone
                ) || p_changes - 'status'
            )
        ) as r
    );
    v_days := v_new.session_date - v_named.session_date;
    v_ids := array[p_session_id];

    if p_scope <> 'this' then
        select s.* into v_base
        from sessions as s
        where s.id = v_series.base_session_id;
        v_first := v_series.occurrence_date;
        if p_scope = 'all' then
            v_first := coalesce(
                (
                    select min(o.occurrence_date)
                    from session_occurrences as o
                    inner join sessions as s on o.session_id = s.id
                    where o.base_session_id = v_base.id
                        and s.status = 'scheduled'
                        and s.deleted_at is null
                        and s.starts_at > v_now
                ),
                v_first
            );
        end if;
        v_head := (
            select o.session_id
            from session_occurrences as o
            where o.base_session_id = v_base.id and o.occurrence_date = v_first
        );
        select o.* into v_occurrence
        from session_occurrences as o
        where o.base_session_id = v_base.id
        order by o.occurrence_date
        limit 1;
        if v_base.recurring_pattern is not null then
            v_rule := _read_pattern(
                v_base.recurring_pattern::jsonb, v_occurrence.occurrence_date, v_occurrence.start_time, v_base.timezone
            );
            if not v_is_off then
                v_rest := _rest_of_rule(v_rule, v_occurrence.occurrence_date, v_first, v_days);
            end if;
        end if;
        with gone as (
            delete from session_occurrences as o
            where o.base_session_id = v_base.id and o.occurrence_date >= v_first
            returning o as occurrence
        )
        select array_agg(g.occurrence) into v_occurrences
        from gone as g;
        insert into session_occurrences (base_session_id, occurrence_date, start_time, end_time, session_id)
        select
            v_head,
            o.occurrence_date + v_days,
            case when p_changes ? 'start_time' then v_new.start_time else o.start_time end,
            case when p_changes ? 'end_time' then v_new.end_time else o.end_time end,
            o.session_id
        from unnest(v_occurrences) as o
        on conflict (base_session_id, occurrence_date) do nothing;
        if v_head <> v_base.id then
            update sessions as s
            set recurring_pattern = (v_rule - 'count') || jsonb_build_object('until', v_first - 1)
            where s.id = v_base.id;
        end if;
        if v_head <> v_base.id or v_days <> 0 or v_is_off then
            update sessions as s
            set recurring_pattern = v_rest
            where s.id = v_head;
        end if;
        v_ids := array(
            select s.id
            from unnest(v_occurrences) as o
            inner join sessions as s on o.session_id = s.id
            where s.status = 'scheduled' and s.deleted_at is null and s.starts_at > v_now or s.id = p_session_id
            order by s.id
        );
    end if;

    foreach v_id in array v_ids loop
        select s.* into v_session
        from sessions as s
        where s.id = v_id;
        -- A session that was moved individually keeps its time, unless it is the one that is named.
        v_moves := p_changes ?| array['session_date', 'start_time', 'end_time']
            and (
                v_id = p_session_id
                or exists (
                    select
                    from unnest(v_occurrences) as o
                    where o.session_id = v_id
                        and o.occurrence_date = v_session.session_date
                        and o.start_time = v_session.start_time
                        and o.end_time = v_session.end_time
                )
            );
        if v_moves then
            v_session.session_date := v_session.session_date + v_days;
            if p_changes ? 'start_time' then
                v_session.start_time := v_new.start_time;
            end if;
            if p_changes ? 'end_time' then
                v_session.end_time := v_new.end_time;
            end if;
            -- Its present start is allowed.
            if not v_is_off
                and (v_session.session_date + v_session.start_time) at time zone v_session.timezone
                <> v_session.starts_at
            then
                perform _refuse_past(
                    v_id, (v_session.session_date + v_session.start_time) at time zone v_session.timezone, v_now
                );
            end if;
        end if;
        update sessions as s
        set session_date = v_session.session_date,
            start_time = v_session.start_time,
            end_time = v_session.end_time,
            duration = case
                when v_moves then _session_minutes(
                    v_session.session_date, v_session.start_time, v_session.end_time, v_session.timezone
                )
                else s.duration
            end,
            topics = case when p_changes ? 'topics' then v_new.topics else s.topics end,
            session_mode = case when p_changes ? 'session_mode' then v_new.session_mode else s.session_mode end,
            location = case when p_changes ? 'location' then v_new.location else s.location end,
            whiteboard_id = case when p_changes ? 'whiteboard_id' then v_new.whiteboard_id else s.whiteboard_id end,
            priority_level = case when p_changes ? 'priority_level' then v_new.priority_level else s.priority_level end,
            notification_enabled = case
                when p_changes ? 'notification_enabled' then v_new.notification_enabled else s.notification_enabled
            end,
            alarm_enabled = case when p_changes ? 'alarm_enabled' then v_new.alarm_enabled else s.alarm_enabled end,
            alarm_before_minutes = case
                when p_changes ? 'alarm_before_minutes' then v_new.alarm_before_minutes else s.alarm_before_minutes
            end,
            is_featured = case when p_changes ? 'is_featured' then v_new.is_featured else s.is_featured end,
            status = case when v_is_off then 'cancelled' else s.status end
        where s.id = v_id
        returning s.* into v_session;
        return next v_session;
    end loop;
end
$function$;

comment on function edit_series(integer, text, jsonb, timestamptz) is
'Changes one session, or future sessions of the series that it belongs to. A session that was moved individually keeps
its time and gets the other changes; sessions that are over, cancelled, deleted or excluded stay as they are. Students
who have got a message about a session get one about its change. An edit of a part splits the series: the first session
of that part gets the rest of the rule, and further sessions are made from it. p_session_id: a scheduled session;
p_scope: this (only the session), following (it and the later ones) or all (all future ones); p_changes: object with any
of session_date (the session''s new local day; the others of the series shift by as many days), start_time, end_time,
topics, session_mode, location, whiteboard_id, priority_level, notification_enabled, alarm_enabled,
alarm_before_minutes, is_featured, and status, which can only be cancelled and also ends the series;
p_expected_updated_at: updated_at of the row of the session that the caller has seen (null: not checked). Returns the
rows that it changed, by id. To cancel, p_session_id may be a session that is already cancelled. Raises PT400
unknown_scope, invalid_changes, unknown_field, invalid_session, time_is_over, series_cannot_shift (monthly, yearly),
invalid_recurring_pattern, recurrence_too_long, PT404 session_not_found, PT409 changed_meanwhile, session_deleted,
session_not_scheduled, session_not_recurring.';

revoke all on function edit_series(integer, text, jsonb, timestamptz) from public;
grant execute on function edit_series(integer, text, jsonb, timestamptz) to sessionbook_app;
