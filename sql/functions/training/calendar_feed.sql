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
    v_name text;
    v_events text[];
begin
    if p_scope is null or p_scope not in ('session', 'trainer', 'venue', 'person') then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_scope',
            message = format('there are no calendars of %s', coalesce(lifecycle.shown(p_scope), 'null')),
            detail = e'key: unknown_scope\n' || 'Known are session, trainer, venue and person.',
            hint = 'Use one of these.';
    end if;
    v_name := case p_scope
        when 'session' then (select 'Session ' || s.id from sessions as s where s.id = v_id)
        when 'trainer' then (select t.first_name || ' ' || t.last_name from trainers as t where t.id = v_id)
        when 'venue' then (select v.name from venues as v where v.id = v_id)
        when 'person' then (select p.first_name || ' ' || p.last_name from personnel as p where p.id = v_id)
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
                s.id || '@training',
                coalesce(r.sequence, 0),
                v_now,
                s.start_time,
                s.end_time,
                s.deleted_at is not null or s.status = 'CANCELLED',
                c.title,
                concat_ws(', ', v.name, v.location),
                'Trainer: ' || t.first_name || ' ' || t.last_name
            )
        from sessions as s
        inner join courses as c on s.course_id = c.id
        left join venues as v on s.venue_id = v.id
        left join trainers as t on s.trainer_id = t.id
        left join session_revisions as r on s.id = r.session_id
        where (s.end_time > v_now - interval '90 days' or r.revised_at > v_now - interval '90 days')
            and s.status <> 'DRAFT'
            and s.start_time is not null
            and s.end_time is not null
            and case p_scope
                when 'session' then s.id = v_id
                when 'trainer' then s.trainer_id = v_id
                when 'venue' then s.venue_id = v_id
                when 'person' then s.id in (
                    select a.session_id from session_attendees as a where a.personnel_id = v_id
                )
            end
        order by s.start_time, s.id
        limit 2000
    );
    return lifecycle._calendar(v_name, v_events);
end
$function$;

comment on function calendar_feed(text, text) is
'A calendar in the format of RFC 5545, for any calendar application. It has future sessions and those that ended or
changed in the last 90 days, 2000 at most. Cancelled ones have the status CANCELLED; each move increases SEQUENCE.
p_scope: session, trainer, venue or person; p_id: its key. Returns text, to be served with the content type
text/calendar; charset=utf-8. Raises PT400 unknown_scope, PT404 calendar_not_found.';

revoke all on function calendar_feed(text, text) from public;
grant execute on function calendar_feed(text, text) to sessionbook_app;
