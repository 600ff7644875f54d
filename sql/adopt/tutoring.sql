-- What the history of the unit did to rows, for tables that did not go through it.
-- tables: tutors, enrolled_students, enrolled_courses, whiteboard_sessions, sessions
-- derived: timezone, starts_at, ends_at

-- what: sessions take the course that course_enrollment_id names
-- why: Sessions are of a course, and this column refers to courses already.
-- you: Have the application write enrolled_courses_id for new sessions, or our functions see them without a course.
-- new: sessions.enrolled_courses_id
-- rows: from pg_temp.adopt_key as k where k.side = 'theirs' and k.columns = '{course_enrollment_id}'
--       and k.reference = 'enrolled_courses{id}'
update sessions as s
set enrolled_courses_id = s.course_enrollment_id
where s.course_enrollment_id in (select c.id from enrolled_courses as c);

-- what: sessions take the course of their student, if there is just one; the others are named in sessions_unmapped
-- why: Sessions are of a course; course_enrollment_id refers to students, and stays as it is.
-- you: Have the application write enrolled_courses_id for new sessions, or our functions see them without a course.
-- new: sessions.enrolled_courses_id
-- old: sessions.course_enrollment_id
-- rows: from sessions as s where s.course_enrollment_id is not null and not exists (
--       select from pg_temp.adopt_key as k where k.side = 'theirs' and k.columns = '{course_enrollment_id}'
--       and k.reference = 'enrolled_courses{id}')
with course as (
    select s.id, s.course_enrollment_id, min(c.id) as course_id, count(c.id) as courses
    from sessions as s
    left join enrolled_courses as c on s.course_enrollment_id = c.student_id
    where s.course_enrollment_id is not null
    group by s.id
),
noted as (
    insert into sessions_unmapped (session_id, column_name, old_value, reason)
    select c.id, 'course_enrollment_id', c.course_enrollment_id,
        format('student %s has %s courses', c.course_enrollment_id, c.courses)
    from course as c
    where c.courses <> 1
)
update sessions as s
set enrolled_courses_id = c.course_id
from course as c
where c.id = s.id and c.courses = 1;

-- what: sessions take the time zone of their course, else of its student, else UTC
-- why: Date and time of a session are local; the clock has to know where.
-- you: Set enrolled_courses.timezone for courses elsewhere, and sessions.timezone for their sessions.
-- new: sessions.timezone
-- after: our functions, which derive the instants
update sessions as s
set timezone = coalesce(
    (
        select coalesce(c.timezone, st.timezone)
        from enrolled_courses as c
        left join enrolled_students as st on c.student_id = st.id
        where c.id = s.enrolled_courses_id
    ),
    'UTC'
);
