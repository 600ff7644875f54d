-- What the history of the unit did to rows, for tables that did not go through it, as in training.sql.
-- tables: tutors, enrolled_students, enrolled_courses, whiteboard_sessions, sessions
-- derived: timezone, starts_at, ends_at

-- change 3: sessions take the course that course_enrollment_id names
-- why: Sessions belong to a course, and this column refers to courses already.
-- you: Let the application write enrolled_courses_id for new sessions; otherwise they have no course for our functions.
-- do: update sessions set enrolled_courses_id = course_enrollment_id
--   where course_enrollment_id in (select c.id from enrolled_courses as c)
select
from adopt_pair as p
inner join adopt_key as k on k.taken and k.columns = '{course_enrollment_id}' and k.reference = 'enrolled_courses(id)'
where p.place_name = 'sessions.enrolled_courses_id' and p.is_new;

-- change 3: sessions take the course of their student, if there is just one; the others are named in sessions_unmapped
-- why: Sessions belong to a course; course_enrollment_id refers to students, and stays as it is.
-- you: Let the application write enrolled_courses_id for new sessions; otherwise they have no course for our functions.
-- do: update sessions set enrolled_courses_id = course_enrollment_id
-- migration: 0002_update_sessions_references course
select
from adopt_pair as p
inner join adopt_pair as n on n.place_name = 'sessions.enrolled_courses_id' and n.is_new
left join adopt_key as k on k.taken and k.columns = '{course_enrollment_id}' and k.reference = 'enrolled_courses(id)'
where p.place_name = 'sessions.course_enrollment_id' and k.name is null;

-- change 3: sessions take the time zone of their course, else of its student, else UTC
-- why: Date and time of a session are local; the clock needs their time zone.
-- you: Set enrolled_courses.timezone for courses elsewhere, and sessions.timezone for their sessions.
-- do: update sessions as s set timezone = coalesce((select coalesce(c.timezone, st.timezone) from enrolled_courses as c
--   inner join enrolled_students as st on st.id = c.student_id where c.id = s.enrolled_courses_id), 'UTC')
select from adopt_pair as p where p.place_name = 'sessions.timezone' and p.is_new;
