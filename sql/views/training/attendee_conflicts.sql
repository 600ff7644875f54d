-- Two rows a pair, one for each session, so that a query about one session finds all that meets it. Compared, not
-- as ranges: those of a draft with its times in the wrong order would raise.
create or replace view attendee_conflicts
with (security_invoker = true)
as
select
    a.personnel_id,
    p.first_name,
    p.last_name,
    a.session_id,
    s.course_id,
    s.status,
    s.start_time,
    s.end_time,
    o.id as other_session_id,
    o.course_id as other_course_id,
    o.status as other_status,
    o.start_time as other_start_time,
    o.end_time as other_end_time
from session_attendees as a
inner join sessions as s on a.session_id = s.id
inner join personnel as p on a.personnel_id = p.id
inner join session_attendees as b on a.personnel_id = b.personnel_id and a.session_id <> b.session_id
inner join sessions as o on b.session_id = o.id
where s.status <> 'CANCELLED'
    and s.deleted_at is null
    and s.end_time > s.start_time
    and a.status <> 'NO_SHOW'
    and o.status <> 'CANCELLED'
    and o.deleted_at is null
    and o.end_time > o.start_time
    and b.status <> 'NO_SHOW'
    and s.start_time < o.end_time
    and o.start_time < s.end_time;

comment on view attendee_conflicts is
'People on the lists of two sessions that overlap, drafts included; one row for each of the two sessions. Cancelled and
deleted sessions and no-shows are left out. This is a warning only.';
comment on column attendee_conflicts.personnel_id is 'The person with the conflict.';
comment on column attendee_conflicts.first_name is 'Given name.';
comment on column attendee_conflicts.last_name is 'Family name.';
comment on column attendee_conflicts.session_id is 'Key of the session.';
comment on column attendee_conflicts.course_id is 'What it teaches.';
comment on column attendee_conflicts.status is 'DRAFT, SCHEDULED or COMPLETED.';
comment on column attendee_conflicts.start_time is 'When it starts.';
comment on column attendee_conflicts.end_time is 'When it ends.';
comment on column attendee_conflicts.other_session_id is 'Key of the other session.';
comment on column attendee_conflicts.other_course_id is 'What the other one teaches.';
comment on column attendee_conflicts.other_status is 'DRAFT, SCHEDULED or COMPLETED.';
comment on column attendee_conflicts.other_start_time is 'When the other one starts.';
comment on column attendee_conflicts.other_end_time is 'When the other one ends.';

revoke all on table attendee_conflicts from public;
grant select on table attendee_conflicts to sessionbook_app, sessionbook_reader;
