-- requires: functions/lifecycle.status_in_arabic
-- Counted once for each session, not for each attendee, even if the query asks for one person.
create or replace view session_roster
with (security_invoker = true)
as
select
    s.id as session_id,
    s.status as session_status,
    lifecycle.status_in_arabic('training.session', s.status::text) as session_status_ar,
    s.course_id,
    c.title as course_title,
    s.start_time,
    s.end_time,
    s.trainer_id,
    t.first_name as trainer_first_name,
    t.last_name as trainer_last_name,
    s.venue_id,
    v.name as venue_name,
    v.capacity as venue_capacity,
    n.attendee_count,
    a.personnel_id,
    p.first_name,
    p.last_name,
    a.status,
    lifecycle.status_in_arabic('training.attendance', a.status::text) as status_ar,
    a.remarks
from sessions as s
cross join lateral (
    select count(*)::integer as attendee_count
    from session_attendees as o
    where o.session_id = s.id
) as n
inner join session_attendees as a on s.id = a.session_id
inner join personnel as p on a.personnel_id = p.id
inner join courses as c on s.course_id = c.id
left join trainers as t on s.trainer_id = t.id
left join venues as v on s.venue_id = v.id
where s.deleted_at is null;

comment on view session_roster is 'Class lists: one row an attendee of a session that is not deleted.';
comment on column session_roster.session_id is 'Key of the session.';
comment on column session_roster.session_status is 'DRAFT, SCHEDULED, COMPLETED or CANCELLED.';
comment on column session_roster.session_status_ar is 'The status of the session in Arabic.';
comment on column session_roster.course_id is 'What is taught.';
comment on column session_roster.course_title is 'Name of the course.';
comment on column session_roster.start_time is 'When it starts; null: not decided yet.';
comment on column session_roster.end_time is 'When it ends; null: not decided yet.';
comment on column session_roster.trainer_id is 'Who teaches; null: nobody yet.';
comment on column session_roster.trainer_first_name is 'Given name of the trainer; null: nobody yet.';
comment on column session_roster.trainer_last_name is 'Family name of the trainer; null: nobody yet.';
comment on column session_roster.venue_id is 'The venue; null: not decided yet.';
comment on column session_roster.venue_name is 'Name of the room; null: not decided yet.';
comment on column session_roster.venue_capacity is 'How many people it holds; null: not decided yet.';
comment on column session_roster.attendee_count is 'How many people are on the session''s list.';
comment on column session_roster.personnel_id is 'Who attends.';
comment on column session_roster.first_name is 'Given name of the attendee.';
comment on column session_roster.last_name is 'Family name of the attendee.';
comment on column session_roster.status is 'REGISTERED, ATTENDED or NO_SHOW.';
comment on column session_roster.status_ar is 'The status of the attendee in Arabic.';
comment on column session_roster.remarks is 'What there is to say about this attendee; null: nothing.';

revoke all on table session_roster from public;
grant select on table session_roster to sessionbook_app, sessionbook_reader;
