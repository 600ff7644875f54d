"""An application's tables are adopted from wherever it stands in the history that the source documents tell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sessionbook.deploy.verify import verify

from support.adoption import UNITS, Application

BEFORE_TRACKING = """
drop view session_availability;
drop trigger ensure_run on workshop_sessions;
alter table workshop_sessions drop column status, drop column status_ar, drop column session_number,
    drop column run_id, drop column metadata;
alter table order_items drop column session_id, drop column run_id;
alter table enrollments drop column session_id;
drop table workshop_runs;
"""
# Tracked, and orders know no session yet.
TRACKING_BEGUN = """
alter table order_items drop column session_id, drop column run_id;
alter table workshop_sessions drop column status_ar, drop column session_number;
"""
SHOP = [
    "insert into workshop_sessions (workshop_id, session_date, start_time, max_attendees)"
    " select id, current_date + 40, '18:00', 12 from workshops where name = 'W1'",
    "update workshop_sessions set current_attendees = current_attendees + 1 where session_date = current_date + 40",
    "select max_attendees, current_attendees from workshop_sessions where session_date = current_date + 40",
    "update orders set status = 'pending' where status = 'paid'",
    "delete from workshop_sessions where session_date = current_date + 40",
    "refresh materialized view fill_rates",
]

OF_STUDENTS = """
alter table sessions drop constraint sessions_enrolled_courses_id_fkey;
alter table sessions rename enrolled_courses_id to course_enrollment_id;
update sessions set course_enrollment_id = case when id % 2 = 0 then 6 else 3 end;
delete from enrolled_courses where student_id = 3 and id > (select min(id) from enrolled_courses where student_id = 3);
alter table sessions add constraint of_student foreign key (course_enrollment_id) references enrolled_students (id);
alter table sessions drop constraint sessions_whiteboard_id_fkey;
"""
# The name of before, and courses already.
OF_COURSES = """
alter table sessions rename enrolled_courses_id to course_enrollment_id;
"""
LESSONS = [
    "insert into sessions (course_enrollment_id, session_date, start_time, end_time)"
    " values (3, current_date + 30, '10:00', '11:00') returning course_enrollment_id, status",
    "update sessions set status = 'in-progress' where session_date = current_date + 30",
    "select course_enrollment_id, count(*) from sessions group by 1 order by 1",
]

WITHOUT_ATTENDEES = 'drop table session_attendees; drop type "AttendanceStatus";'
WITHOUT_DELETION = (
    "alter table sessions drop column deleted_at; alter table sessions alter column start_time set not null;"
)
PLANNER = [
    "insert into sessions (id, course_id, created_by_id, start_time, updated_at)"
    " select 'draft', id, 'admin', '2031-01-06 09:00:00', now() from courses where title = 'Course 2' returning status",
    "update sessions set trainer_id = 'trainer-1', venue_id = 'v2', end_time = '2031-01-06 12:00:00',"
    " status = 'SCHEDULED'::\"SessionStatus\" where id = 'draft' returning extract(epoch from end_time - start_time)",
    "update sessions set status = 'DRAFT'::\"SessionStatus\" where id = 'draft'",
]

POINTS = {
    "marketplace before tracking": ("marketplace", BEFORE_TRACKING, SHOP),
    "marketplace with tracking begun": ("marketplace", TRACKING_BEGUN, SHOP),
    "lessons of students": ("lessons", OF_STUDENTS, LESSONS),
    "lessons of courses under the old name": ("lessons", OF_COURSES, LESSONS),
    "planner without attendees": ("planner", WITHOUT_ATTENDEES, PLANNER),
    "planner without soft deletion": ("planner", WITHOUT_DELETION, PLANNER),
}


@pytest.mark.parametrize("point", POINTS)
def test_statements_give_the_same(application_of: Callable[..., Application], point: str) -> None:
    kind, changes, statements = POINTS[point]
    alone = application_of(kind)
    alone.run(changes)
    adopted = application_of(kind, template=alone.name)

    adopted.adopt(instants_in="UTC")

    assert verify(adopted.dsn).exit_code == 0
    assert adopted.answers(statements) == alone.answers(statements)
    assert adopted.one(f"select count(*) from {UNITS[kind]}.clock_health") > 0


def test_lessons_of_students_find_their_course(application_of: Callable[..., Application]) -> None:
    lessons = application_of("lessons")
    lessons.run(OF_STUDENTS)

    lessons.adopt()

    assert lessons.rows(
        "select s.course_enrollment_id, count(c.id), count(u.session_id) from sessions as s"
        " left join enrolled_courses as c on c.id = s.enrolled_courses_id and c.student_id = s.course_enrollment_id"
        " left join sessions_unmapped as u on u.session_id = s.id group by 1 order by 1"
    ) == [(3, 150, 0), (6, 0, 150)]


def test_a_link_to_a_course_is_not_read_as_one_to_a_student(application_of: Callable[..., Application]) -> None:
    lessons = application_of("lessons")
    lessons.run(OF_COURSES)

    lessons.adopt()

    assert lessons.rows(
        "select count(*), count(*) filter (where enrolled_courses_id = course_enrollment_id) from sessions"
    ) == [(300, 300)]


def test_statuses_follow_seats_where_there_were_none(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.run(BEFORE_TRACKING)

    market.adopt()

    assert market.one(
        "select bool_and(status = case when is_completed then 'completed' when max_attendees > 0"
        " and current_attendees >= max_attendees then 'full' when current_attendees > 0 then 'active'"
        " else 'upcoming' end) from workshop_sessions"
    )
