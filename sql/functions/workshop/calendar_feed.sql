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
    v_key constant uuid := case
        when v_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then v_id::uuid
    end;
    v_name text;
    v_events text[];
begin
    if p_scope is null or p_scope not in ('session', 'workshop', 'student') then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_scope',
            message = format('there are no calendars of %s', coalesce(lifecycle.shown(p_scope), 'null')),
            detail = e'key: unknown_scope\n' || 'Known are session, workshop and student.',
            hint = 'Use one of these.';
    end if;
    v_name := case p_scope
        when 'session' then (
            select w.title
            from workshop_sessions as s
            inner join workshops as w on s.workshop_id = w.id
            where s.id = v_key
        )
        when 'workshop' then (select w.title from workshops as w where w.id = v_key)
        -- A person without bookings gets an empty calendar: no index finds an address in all past sessions.
        when 'student' then case when v_id like '%@%' then v_id end
    end;
    if v_name is null then
        raise exception using
            errcode = 'PT404',
            constraint = 'calendar_not_found',
            -- A text that is not an address may be a name or a number, which must not be logged.
            message = case p_scope
                when 'student' then 'a student''s calendar needs an e-mail address'
                else format('there is no %s %s', p_scope, coalesce(lifecycle.shown(v_id), 'null'))
            end,
            detail = e'key: calendar_not_found\n' || 'No row has this key.',
            hint = 'Look it up in the unit''s tables.';
    end if;
    v_events := array(
        select
            lifecycle._calendar_event(
                s.id || '@workshop',
                coalesce(r.sequence, 0) + coalesce(b.changes, 0),
                v_now,
                s.starts_at,
                s.ends_at,
                s.status = 'cancelled' or coalesce(b.is_off, false),
                concat_ws(' / ', w.title, w.title_ar),
                concat_ws(' / ', s.location, s.location_ar),
                null
            )
        from workshop_sessions as s
        inner join workshops as w on s.workshop_id = w.id
        -- For the student, a booking that is cancelled or made again is a change too.
        left join lateral (
            select
                count(*)::integer - 1 + count(*) filter (where e.status in ('cancelled', 'rejected'))::integer as changes,
                bool_and(e.status in ('cancelled', 'rejected')) as is_off
            from enrollments as e
            where p_scope = 'student' and e.session_id = s.id
                and lower(e.student_email collate "C") = lower(v_id collate "C")
            having count(*) > 0
        ) as b on true
        left join session_revisions as r on s.id = r.session_id
        where (s.ends_at > v_now - interval '90 days' or r.revised_at > v_now - interval '90 days')
            and case p_scope
                when 'session' then s.id = v_key
                when 'workshop' then s.workshop_id = v_key
                when 'student' then exists (
                    select
                    from enrollments as e
                    where e.session_id = s.id and lower(e.student_email collate "C") = lower(v_id collate "C")
                )
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
p_scope: session, workshop or student; p_id: the key of that session or workshop, or the e-mail address of the student.
Returns text, to be served with the content type text/calendar; charset=utf-8. Raises PT400 unknown_scope, PT404
calendar_not_found.';

revoke all on function calendar_feed(text, text) from public;
grant execute on function calendar_feed(text, text) to sessionbook_app;
