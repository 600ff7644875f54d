-- requires: functions/_lock_session, functions/_occurrence_dates, functions/_read_pattern, functions/_session_minutes
-- requires: functions/lifecycle.now
-- security: applications make sessions without rights on the tables; the pattern is read into dates, at most 1000, and
-- it is never executed as SQL.
-- Locks: the session with the pattern; of two callers the second finds the dates made. The key of session_occurrences
-- is the guarantee. Then only rows that it makes itself, so that it cannot deadlock.
-- The first call that makes any notes the base itself as the first occurrence, with its times: dates are counted from
-- there for good, or a base that moves by a day would bring a second series along.
create or replace function generate_recurring_sessions(
    p_session_id integer,
    p_until date default null,
    p_allow_past boolean default false
)
returns setof sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_base sessions;
    v_series session_occurrences;
    v_rule jsonb;
    v_date date;
    v_session sessions;
begin
    v_base := _lock_session(p_session_id);
    select o.* into v_series
    from session_occurrences as o
    where o.base_session_id = p_session_id and o.session_id = p_session_id;
    if not found then
        v_series.occurrence_date := v_base.session_date;
        v_series.start_time := v_base.start_time;
        v_series.end_time := v_base.end_time;
    end if;
    v_rule := _read_pattern(
        v_base.recurring_pattern::jsonb, v_series.occurrence_date, v_series.start_time, v_base.timezone
    );
    for v_date in
        select d.occurrence_date
        from _occurrence_dates(v_rule, v_series.occurrence_date, p_until) as d (occurrence_date)
        where not exists (
                select
                from session_occurrences as o
                where o.base_session_id = p_session_id and o.occurrence_date = d.occurrence_date
            )
            and (p_allow_past or (d.occurrence_date + v_series.start_time) at time zone v_base.timezone > v_now)
        order by d.occurrence_date
    loop
        insert into sessions as s (
            enrolled_courses_id, session_date, start_time, end_time, timezone, duration, topics, session_mode, location,
            priority_level, is_recurring, session_frequency, notification_enabled, alarm_enabled, alarm_before_minutes,
            is_featured
        )
        values (
            v_base.enrolled_courses_id,
            v_date,
            v_series.start_time,
            v_series.end_time,
            v_base.timezone,
            _session_minutes(v_date, v_series.start_time, v_series.end_time, v_base.timezone),
            v_base.topics,
            v_base.session_mode,
            v_base.location,
            v_base.priority_level,
            true,
            v_base.session_frequency,
            v_base.notification_enabled,
            v_base.alarm_enabled,
            v_base.alarm_before_minutes,
            v_base.is_featured
        )
        returning s.* into v_session;
        insert into session_occurrences (base_session_id, occurrence_date, start_time, end_time, session_id)
        values (p_session_id, v_date, v_series.start_time, v_series.end_time, v_session.id);
        return next v_session;
    end loop;
    insert into session_occurrences (base_session_id, occurrence_date, start_time, end_time, session_id)
    select p_session_id, v_series.occurrence_date, v_series.start_time, v_series.end_time, p_session_id
    where exists (select from session_occurrences as o where o.base_session_id = p_session_id)
    on conflict (base_session_id, occurrence_date) do nothing;
end
$function$;

comment on function generate_recurring_sessions(integer, date, boolean) is
'Makes the sessions of a series from the recurring_pattern of its first session, at the same local times in the same
zone. If a start falls into the hour that daylight saving time skips, the session moves forward by that hour and keeps
its length. Each date is made once: sessions that exist stay as they are, even if moved or deleted, and a later call
continues after them. Dates are counted from the session''s date at the first call. Whiteboard and reviews are not
copied. p_session_id: the session with the pattern, itself the first; p_until: last local date (default null: the end of
the pattern); p_allow_past: true also makes sessions in the past (default false: they are left out). Returns the rows
made. Raises PT404 session_not_found, PT409 session_deleted, PT400 invalid_recurring_pattern, PT400 too_many, PT400
recurrence_unbounded, PT400 recurrence_too_long.';

revoke all on function generate_recurring_sessions(integer, date, boolean) from public;
grant execute on function generate_recurring_sessions(integer, date, boolean) to sessionbook_app;
