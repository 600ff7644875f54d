-- requires: functions/lifecycle.now, views/attendee_conflicts
-- Hours, not days: a day's length would depend on the reader's time zone.
create or replace view session_alerts
with (security_invoker = true)
as
with open_sessions as (
    select
        s.id as session_id,
        s.course_id,
        s.status,
        s.trainer_id,
        s.venue_id,
        s.start_time,
        s.end_time,
        v.capacity as venue_capacity,
        c.title as course_title,
        c.deleted_at as course_deleted_at,
        r.deleted_at as trainer_deleted_at,
        v.deleted_at as venue_deleted_at,
        g.personnel_ids as gone_ids,
        g.deleted_at as gone_at,
        d.conflicts,
        w.absence_ids,
        w.noted_at as absence_noted_at,
        (select count(*)::integer from session_attendees as a where a.session_id = s.id) as attendee_count,
        exists(
            select
            from trainer_qualifications as q
            inner join trainers as x on q.trainer_id = x.id
            where q.course_id = s.course_id and x.deleted_at is null
        ) as has_qualified,
        exists(
            select
            from trainer_qualifications as q
            inner join trainers as x on q.trainer_id = x.id
            where q.course_id = s.course_id and q.trainer_id = s.trainer_id and x.deleted_at is null
        ) as is_qualified
    from sessions as s
    inner join courses as c on s.course_id = c.id
    left join trainers as r on s.trainer_id = r.id
    left join venues as v on s.venue_id = v.id
    cross join lateral (
        select array_agg(p.id order by p.id) as personnel_ids, min(p.deleted_at) as deleted_at
        from session_attendees as a
        inner join personnel as p on a.personnel_id = p.id
        where a.session_id = s.id and p.deleted_at is not null
    ) as g
    cross join lateral (
        select
            jsonb_agg(
                jsonb_build_object('personnel_id', a.personnel_id, 'session_id', a.other_session_id)
                order by a.personnel_id, a.other_session_id
            ) as conflicts
        from attendee_conflicts as a
        where a.session_id = s.id
    ) as d
    -- An absence that was there when it was booked was overridden with a reason: somebody has decided that.
    cross join lateral (
        select array_agg(a.id order by a.id) as absence_ids, min(a.updated_at) as noted_at
        from absences as a
        where s.status = 'SCHEDULED'
            and (
                a.trainer_id = s.trainer_id
                or a.venue_id = s.venue_id
                or (a.trainer_id is null and a.venue_id is null)
            )
            and a.starts_at < s.end_time
            and a.ends_at > s.start_time
            and not exists (
                select
                from session_decisions as x
                where x.session_id = s.id
                    and x.kind = 'override'
                    and x.changed_at >= a.updated_at
                    and x.details ->> 'key'
                    = case when a.trainer_id is null then 'venue_closed' else 'trainer_absent' end
            )
    ) as w
    where s.status in ('DRAFT', 'SCHEDULED') and s.deleted_at is null
),

clock as (select lifecycle.now() as now)

select
    o.session_id,
    o.course_id,
    o.course_title,
    o.status,
    o.start_time,
    o.end_time,
    x.alert,
    x.since,
    x.details
from open_sessions as o
cross join clock as k
cross join lateral (select coalesce(o.end_time > k.now, true) as is_to_come) as t
cross join lateral (
    values
    (
        'over_capacity',
        o.attendee_count > o.venue_capacity,
        null::timestamptz,
        jsonb_build_object('attendee_count', o.attendee_count, 'venue_capacity', o.venue_capacity)
    ),
    (
        'not_completed',
        o.status = 'SCHEDULED' and o.end_time <= k.now,
        o.end_time,
        jsonb_build_object('attendee_count', o.attendee_count)
    ),
    (
        'draft_due',
        o.status = 'DRAFT' and o.start_time <= k.now + interval '168 hours',
        o.start_time - interval '168 hours',
        jsonb_build_object('start_time', o.start_time)
    ),
    (
        'no_qualified_trainer',
        not o.has_qualified or (o.trainer_id is not null and not o.is_qualified),
        null::timestamptz,
        jsonb_build_object('trainer_id', o.trainer_id, 'course_has_qualified', o.has_qualified)
    ),
    (
        'course_deleted',
        o.course_deleted_at is not null and t.is_to_come,
        o.course_deleted_at,
        jsonb_build_object('course_id', o.course_id)
    ),
    (
        'trainer_deleted',
        o.trainer_deleted_at is not null and t.is_to_come,
        o.trainer_deleted_at,
        jsonb_build_object('trainer_id', o.trainer_id)
    ),
    (
        'venue_deleted',
        o.venue_deleted_at is not null and t.is_to_come,
        o.venue_deleted_at,
        jsonb_build_object('venue_id', o.venue_id)
    ),
    (
        'attendees_deleted',
        o.gone_ids is not null and t.is_to_come,
        o.gone_at,
        jsonb_build_object('personnel_ids', o.gone_ids)
    ),
    (
        'attendee_conflict',
        o.conflicts is not null and t.is_to_come,
        null::timestamptz,
        jsonb_build_object('conflicts', o.conflicts)
    ),
    (
        'absence',
        o.absence_ids is not null and t.is_to_come,
        o.absence_noted_at,
        jsonb_build_object('absence_ids', o.absence_ids, 'trainer_id', o.trainer_id, 'venue_id', o.venue_id)
    )
) as x (alert, holds, since, details)
where x.holds;

comment on view session_alerts is
'What needs attention: one row for each planned or scheduled session and reason, as of lifecycle.now().';
comment on column session_alerts.session_id is 'Key of the session.';
comment on column session_alerts.course_id is 'What is taught.';
comment on column session_alerts.course_title is 'Name of the course.';
comment on column session_alerts.status is 'DRAFT or SCHEDULED.';
comment on column session_alerts.start_time is 'When it starts; null: not decided yet.';
comment on column session_alerts.end_time is 'When it ends; null: not decided yet.';
comment on column session_alerts.alert is
'over_capacity: more attendees than the venue holds. not_completed: scheduled and past its end. draft_due: a draft that
starts within seven days, or should have started. no_qualified_trainer: nobody is qualified for the course, or its
trainer is not. course_deleted, trainer_deleted, venue_deleted, attendees_deleted: they are soft-deleted, and the
session has not taken place. attendee_conflict: somebody on its list is on that of another session at the same time.
absence: its trainer is absent or its venue closed, which was entered after it was scheduled.';
comment on column session_alerts.since is 'Since when that is so; null: not known.';
comment on column session_alerts.details is 'Details of the alert, an object.';

revoke all on table session_alerts from public;
grant select on table session_alerts to sessionbook_app, sessionbook_reader;
