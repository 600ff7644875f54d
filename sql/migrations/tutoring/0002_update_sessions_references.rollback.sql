-- 1. Drop new foreign keys
alter table sessions drop constraint sessions_enrolled_courses_id_fkey;
alter table sessions drop constraint sessions_whiteboard_id_fkey;

-- 2. Rename column back
alter table sessions rename column enrolled_courses_id to course_enrollment_id;

-- The column holds courses still: each becomes the student of its course, or what it was before.
update sessions as s
set course_enrollment_id = coalesce(
    (
        select c.student_id
        from enrolled_courses as c
        where c.id = s.course_enrollment_id
    ),
    (
        select u.old_value
        from sessions_unmapped as u
        inner join enrolled_students as st on u.old_value = st.id
        where u.session_id = s.id and u.column_name = 'course_enrollment_id'
    )
);
update sessions as s
set whiteboard_id = u.old_value
from sessions_unmapped as u
where u.session_id = s.id and u.column_name = 'whiteboard_id' and s.whiteboard_id is null;
drop table sessions_unmapped;

-- 3. Recreate old foreign key
alter table sessions
add constraint sessions_course_enrollment_id_fkey
foreign key (course_enrollment_id)
references enrolled_students (id)
on delete cascade;

-- 4. Rename index back
alter index idx_sessions_enrolled_courses rename to idx_sessions_enrollment;

comment on column sessions.course_enrollment_id is 'Student that the session is of; null: none.';
comment on column sessions.whiteboard_id is 'Whiteboard of the session; null: none.';
