-- Sessions belong to an enrolled course, not to a student, and may have a whiteboard.
-- depends: 0001_sessions
--
-- Why:      a student takes several courses; a session is of one of them.
-- Locks:    access exclusive on sessions, share row exclusive on enrolled_courses and whiteboard_sessions, for the
--           length of the transaction; sessions are written if a reference changes.
-- Data:     course_enrollment_id (a student) becomes enrolled_courses_id if the student has exactly one course; the
--           others, and whiteboards that are not there, keep their old value and the reason in sessions_unmapped, and
--           their link is null. Notices say how many. Nothing is deleted.
-- Rollback: 0002_update_sessions_references.rollback.sql restores the column, its values and its index. A session that
--           was made since then takes the student of its course.
alter table sessions drop constraint sessions_course_enrollment_id_fkey;
alter table sessions rename column course_enrollment_id to enrolled_courses_id;
alter index idx_sessions_enrollment rename to idx_sessions_enrolled_courses;

create table sessions_unmapped (
    session_id integer not null,
    column_name text not null,
    old_value integer not null,
    reason text not null,
    noted_at timestamptz not null default now(),
    constraint sessions_unmapped_pkey primary key (session_id, column_name),
    constraint sessions_unmapped_session_id_fkey
    foreign key (session_id) references sessions (id) on delete cascade,
    constraint sessions_unmapped_column_name_check check (column_name in ('course_enrollment_id', 'whiteboard_id'))
);
comment on table sessions_unmapped is
'References of an older version that could not be converted, with their old value; a rollback restores them from here.';
comment on column sessions_unmapped.session_id is 'Session whose reference is null now.';
comment on column sessions_unmapped.column_name is 'course_enrollment_id (a student) or whiteboard_id.';
comment on column sessions_unmapped.old_value is 'What the column held.';
comment on column sessions_unmapped.reason is 'Why it could not be converted.';
comment on column sessions_unmapped.noted_at is 'When that was found.';

insert into sessions_unmapped (session_id, column_name, old_value, reason)
select
    s.id,
    'course_enrollment_id',
    s.enrolled_courses_id,
    case
        when st.id is null then format('there is no student %s', s.enrolled_courses_id)
        when count(c.id) = 0 then format('student %s has no course', s.enrolled_courses_id)
        else format(
            'student %s has %s courses: %s',
            s.enrolled_courses_id, count(c.id), string_agg(c.id::text, ', ' order by c.id)
        )
    end
from sessions as s
left join enrolled_students as st on s.enrolled_courses_id = st.id
left join enrolled_courses as c on st.id = c.student_id
where s.enrolled_courses_id is not null
group by s.id, s.enrolled_courses_id, st.id
having count(c.id) <> 1;

update sessions as s
set enrolled_courses_id = (
    select min(c.id)
    from enrolled_courses as c
    where c.student_id = s.enrolled_courses_id
    having count(*) = 1
)
where s.enrolled_courses_id is not null;

insert into sessions_unmapped (session_id, column_name, old_value, reason)
select s.id, 'whiteboard_id', s.whiteboard_id, format('there is no whiteboard %s', s.whiteboard_id)
from sessions as s
left join whiteboard_sessions as w on s.whiteboard_id = w.id
where s.whiteboard_id is not null and w.id is null;

update sessions as s
set whiteboard_id = null
from sessions_unmapped as u
where u.session_id = s.id and u.column_name = 'whiteboard_id';

do $notice$
declare
    v_left record;
begin
    for v_left in
        select u.column_name, count(*) as sessions
        from sessions_unmapped as u
        group by u.column_name
        order by u.column_name
    loop
        raise notice '% sessions keep their old % in sessions_unmapped, with the reason',
            v_left.sessions, v_left.column_name;
    end loop;
end
$notice$;

alter table sessions
add constraint sessions_enrolled_courses_id_fkey
foreign key (enrolled_courses_id) references enrolled_courses (id) on delete cascade,
add constraint sessions_whiteboard_id_fkey
foreign key (whiteboard_id) references whiteboard_sessions (id) on delete set null;

comment on column sessions.enrolled_courses_id is
'Course of the session; if the course is deleted, so is the session. Null: none.';
comment on column sessions.whiteboard_id is 'Whiteboard of the session; null: none, or it was deleted.';

revoke all on sessions_unmapped from public;
