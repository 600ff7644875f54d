-- requires: functions/lifecycle.now
create or replace view session_conflicts
with (security_invoker = true)
as
with live as (
    select s.id as session_id, s.starts_at, s.ends_at, c.tutor_id, c.student_id
    from sessions as s
    inner join enrolled_courses as c on s.enrolled_courses_id = c.id
    where s.status in ('scheduled', 'in_progress')
        and s.deleted_at is null
        and s.ends_at > (select lifecycle.now())
)
select
    'tutor' as who,
    a.tutor_id as person_id,
    t.full_name as person_name,
    a.session_id,
    b.session_id as other_session_id,
    greatest(a.starts_at, b.starts_at) as overlap_starts_at,
    least(a.ends_at, b.ends_at) as overlap_ends_at
from live as a
inner join live as b
    on
        a.tutor_id = b.tutor_id
        and a.session_id < b.session_id
        and a.starts_at < b.ends_at
        and a.ends_at > b.starts_at
inner join tutors as t on a.tutor_id = t.id
union all
select
    'student',
    a.student_id,
    st.full_name,
    a.session_id,
    b.session_id as other_session_id,
    greatest(a.starts_at, b.starts_at),
    least(a.ends_at, b.ends_at)
from live as a
inner join live as b
    on
        a.student_id = b.student_id
        and a.session_id < b.session_id
        and a.starts_at < b.ends_at
        and a.ends_at > b.starts_at
inner join enrolled_students as st on a.student_id = st.id;

comment on view session_conflicts is
'Pairs of sessions that are not over (as of lifecycle.now()) and overlap, so that a tutor or a student would be in two
places at once. If one begins when the other ends, it is no conflict.';
comment on column session_conflicts.who is 'tutor or student.';
comment on column session_conflicts.person_id is 'Key of the tutor or student.';
comment on column session_conflicts.person_name is 'Name of the tutor or student.';
comment on column session_conflicts.session_id is 'One session, the lower key of the two.';
comment on column session_conflicts.other_session_id is 'The other session.';
comment on column session_conflicts.overlap_starts_at is 'When the overlap begins.';
comment on column session_conflicts.overlap_ends_at is 'When the overlap ends.';

revoke all on table session_conflicts from public;
grant select on table session_conflicts to sessionbook_app, sessionbook_reader;
