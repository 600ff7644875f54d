-- requires: functions/lifecycle._calendar, functions/lifecycle._calendar_event, functions/lifecycle.now
-- requires: functions/lifecycle.shown
-- security: applications may read sessions anyway; scope and key are compared, and they are never executed as SQL.
-- Locks: none.
create or replace function calendar_feed(p_scope text, p_id text)
returns text
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_id constant text := btrim(p_id);
    v_key constant integer := case when v_id ~ '^[0-9]{1,9}$' then v_id::integer end;
    v_name text;
    v_events text[];
begin
    if p_scope is null or p_scope not in ('session', 'course', 'student', 'tutor') then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_scope',
            message = format('there are no calendars of %s', coalesce(lifecycle.shown(p_scope), 'null')),
            detail = e'key: unknown_scope\n' || 'Known are session, course, student and tutor.',
            hint = 'Use one of these.';
    end if;
    v_name := case p_scope
        when 'session' then (select 'Session ' || s.id from sessions as s where s.id = v_key)
        when 'course' then (select c.course_name from enrolled_courses as c where c.id = v_key)
        when 'student' then (select st.full_name from enrolled_students as st where st.id = v_key)
        when 'tutor' then (select t.full_name from tutors as t where t.id = v_key)
    end;
    if v_name is null then
        raise exception using
            errcode = 'PT404',
            constraint = 'calendar_not_found',
            message = format('there is no %s %s', p_scope, coalesce(lifecycle.shown(v_id), 'null')),
            detail = e'key: calendar_not_found\n' || 'No row has this key.',
            hint = 'Look it up in the unit''s tables.';
    end if;
    v_events := array(
        select
            lifecycle._calendar_event(
                format('session-%s@%s', s.id, g.calendar_id),
                coalesce(r.sequence, 0),
                v_now,
                s.starts_at,
                s.ends_at,
                s.deleted_at is not null or coalesce(s.status, '') in ('cancelled', 'no_show'),
                coalesce(c.course_name, 'Session'),
                s.location,
                concat_ws(
                    e'\n',
                    'Student: ' || st.full_name,
                    'Tutor: ' || t.full_name,
                    'Mode: ' || s.session_mode
                )
            )
        from sessions as s
        cross join settings as g
        left join enrolled_courses as c on s.enrolled_courses_id = c.id
        left join enrolled_students as st on c.student_id = st.id
        left join tutors as t on c.tutor_id = t.id
        left join session_revisions as r on s.id = r.session_id
        where (s.ends_at > v_now - interval '90 days' or r.revised_at > v_now - interval '90 days')
            and case p_scope
                when 'session' then s.id = v_key
                when 'course' then c.id = v_key
                when 'student' then c.student_id = v_key
                when 'tutor' then c.tutor_id = v_key
            end
        order by s.starts_at, s.id
        limit 2000
    );
    return lifecycle._calendar(v_name, v_events);
end
$function$;

comment on function calendar_feed(text, text) is
'A calendar in the format of RFC 5545, for any calendar application. It has future sessions and those that ended or
changed in the last 90 days, 2000 at most. Cancelled ones have the status CANCELLED; each move increases SEQUENCE.
p_scope: session, course, student or tutor; p_id: its key, as text. Returns text, to be served with the content type
text/calendar; charset=utf-8. Raises PT400 unknown_scope, PT404 calendar_not_found.';

revoke all on function calendar_feed(text, text) from public;
grant execute on function calendar_feed(text, text) to sessionbook_app;
