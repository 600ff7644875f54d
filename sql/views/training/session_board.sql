-- requires: views/session_alerts, functions/lifecycle.status_in_arabic
-- The worst alert is put into words, the others are listed. A subquery, so that the key reaches session_alerts as a
-- parameter.
create or replace view session_board
with (security_invoker = true)
as
select
    s.id as session_id,
    s.course_id,
    c.title as course_title,
    s.status,
    lifecycle.status_in_arabic('training.session', s.status::text) as status_ar,
    s.start_time,
    s.end_time,
    s.trainer_id,
    concat_ws(' ', t.first_name, t.last_name) as trainer_name,
    s.venue_id,
    v.name as venue_name,
    v.capacity as venue_capacity,
    n.attendee_count,
    x.severity,
    x.alert_text,
    x.alert_text_ar,
    coalesce(x.alerts, '{}') as alerts
from sessions as s
inner join courses as c on s.course_id = c.id
left join trainers as t on s.trainer_id = t.id
left join venues as v on s.venue_id = v.id
cross join lateral (
    select count(*)::integer as attendee_count
    from session_attendees as a
    where a.session_id = s.id
) as n
cross join lateral (
    select
        (array_agg(w.severity order by w.place, w.alert))[1] as severity,
        (array_agg(w.alert_text order by w.place, w.alert))[1] as alert_text,
        (array_agg(w.alert_text_ar order by w.place, w.alert))[1] as alert_text_ar,
        array_agg(w.alert order by w.place, w.alert) as alerts
    from (
        select
            l.alert,
            case
                when l.alert in (
                    'no_qualified_trainer', 'course_deleted', 'trainer_deleted', 'venue_deleted'
                ) then 1
                when l.alert = 'draft_due' then 3
                else 2
            end as place,
            case
                when l.alert in (
                    'no_qualified_trainer', 'course_deleted', 'trainer_deleted', 'venue_deleted'
                ) then 'error'
                when l.alert = 'draft_due' then 'info'
                else 'warning'
            end as severity,
            case l.alert
                when 'over_capacity' then format('Venue Capacity Exceeded (%s/%s).', n.attendee_count, v.capacity)
                when 'not_completed' then 'Ended, but not completed.'
                when 'draft_due' then 'Draft that starts within seven days.'
                when 'no_qualified_trainer' then 'No qualified trainer.'
                when 'course_deleted' then 'The course was deleted.'
                when 'trainer_deleted' then 'The trainer was deleted.'
                when 'venue_deleted' then 'The venue was deleted.'
                when 'attendees_deleted' then 'People on the list were deleted.'
                when 'attendee_conflict' then 'People on the list are booked elsewhere at the same time.'
                else l.alert
            end as alert_text,
            case l.alert
                when 'over_capacity' then format('تجاوز سعة القاعة (%s/%s).', n.attendee_count, v.capacity)
                when 'not_completed' then 'انتهت ولم تُغلق بعد.'
                when 'draft_due' then 'مسودة تبدأ خلال سبعة أيام.'
                when 'no_qualified_trainer' then 'لا يوجد مدرب مؤهل.'
                when 'course_deleted' then 'حُذفت الدورة.'
                when 'trainer_deleted' then 'حُذف المدرب.'
                when 'venue_deleted' then 'حُذفت القاعة.'
                when 'attendees_deleted' then 'حُذف أشخاص من القائمة.'
                when 'attendee_conflict' then 'بعض الحضور محجوزون في مكان آخر في الوقت نفسه.'
                else l.alert
            end as alert_text_ar
        from session_alerts as l
        where l.session_id = s.id
    ) as w
) as x
where s.deleted_at is null;

comment on view session_board is
'The planning board: one row a session with trainer, venue, attendees and its worst alert as of lifecycle.now(). Give a
span of start_time (drafts without one: start_time is null); page by start_time and session_id.';
comment on column session_board.session_id is 'Key of the session.';
comment on column session_board.course_id is 'What is taught.';
comment on column session_board.course_title is 'Name of the course.';
comment on column session_board.status is 'DRAFT, SCHEDULED, COMPLETED or CANCELLED.';
comment on column session_board.status_ar is 'The status in Arabic.';
comment on column session_board.start_time is 'When it starts; null: not decided yet.';
comment on column session_board.end_time is 'When it ends; null: not decided yet.';
comment on column session_board.trainer_id is 'Who teaches; null: nobody yet.';
comment on column session_board.trainer_name is 'Name of the trainer; empty: nobody yet.';
comment on column session_board.venue_id is 'The venue; null: not decided yet.';
comment on column session_board.venue_name is 'Name of the venue; null: not decided yet.';
comment on column session_board.venue_capacity is 'How many people it holds; null: not decided yet.';
comment on column session_board.attendee_count is 'How many people are on the list.';
comment on column session_board.severity is 'Of the worst alert: error, warning or info; null: no alert.';
comment on column session_board.alert_text is
'The worst alert in words, such as Venue Capacity Exceeded (25/20).; null: no alert.';
comment on column session_board.alert_text_ar is 'The same in Arabic; null: no alert.';
comment on column session_board.alerts is 'All its alerts, the worst first, as in session_alerts.';

revoke all on table session_board from public;
grant select on table session_board to sessionbook_app, sessionbook_reader;
