"""What browsers read of unit tutoring once sql/policies is run: lessons of whom the token names, call by call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import errors
from sessionbook.deploy.verify import verify

from support.browsers import Browsed, Claims, installed, no_claims, open_to_browsers
from support.errors import raises_key
from support.school import School
from support.server import Server


class Lessons(Browsed):
    """Two students with two tutors: each student has a course with each tutor, with lessons past and to come."""

    def __init__(self, dsn: str, schema: str, prefix: str) -> None:
        super().__init__(dsn, schema, prefix)
        school = School(self.conn, 0, 0, 0)
        # Keys of students and tutors differ, so that one is not taken for the other.
        school.insert("tutors", full_name="Nobody")
        self.tutors = [
            school.insert("tutors", full_name=f"Tutor{n}", phone=f"+9655551{n}", email=f"t{n}@x.org") for n in (1, 2)
        ]
        self.students = [school.new_student(f"Pupil{n}", f"+9655550{n}", email=f"p{n}@x.org") for n in (1, 2)]
        for n, student in enumerate(self.students, 1):
            for m, tutor in enumerate(self.tutors, 1):
                school.student, school.tutor = student, tutor
                school.course = school.new_course(f"Course{n}{m}")
                board = school.insert("whiteboard_sessions", session_name=f"Board{n}{m}")
                lesson = school.session("2099-01-01", location=f"Room{n}{m}", whiteboard_id=board, timezone="UTC")
                school.session("2099-01-01", location=f"Clash{n}{m}", timezone="UTC")
                school.session("2020-01-01", location=f"Past{n}{m}", timezone="UTC", status="completed")
                self.conn.execute("select reschedule_session(%s, '2099-01-02', '10:00', '11:00')", [lesson])
        school.session("2099-01-01", location="Orphan", enrolled_courses_id=None, timezone="UTC")
        self.conn.commit()

    def claims(self, kind: str, number: int) -> dict[str, Any]:
        """What the token of one of the two holds."""
        keys = self.students if kind == "student" else self.tutors
        return {f"{kind}_id": str(keys[number - 1])}

    def told(self, kind: str, claims: Claims) -> str:
        """Everything that the role can read or be told, with the keys of everybody."""
        keys = [str(key) for (key,) in self.rows("select id from sessions union select id from tutors")]
        words = ["student", "tutor", "course", "session", "student_id", "tutor_id", "sub", "email", *keys]
        return self.shown(kind, claims, {"integer": keys, "text": [f"'{word}'" for word in words]})


@pytest.fixture(scope="module", params=["of its own", "of a tenant"])
def opened(request: pytest.FixtureRequest, server: Server, template: str) -> Iterator[Lessons]:
    with installed(server, template, "tutoring", request.param == "of a tenant") as (dsn, schema, prefix):
        lessons = Lessons(dsn, schema, prefix)
        open_to_browsers(dsn, schema, "tutoring")
        yield lessons
        lessons.conn.close()


@pytest.fixture
def lessons(opened: Lessons) -> Iterator[Lessons]:
    yield opened
    opened.conn.rollback()


@pytest.mark.parametrize("kind", ["student", "tutor"])
def test_each_sees_what_is_theirs(lessons: Lessons, kind: str) -> None:
    counts = lessons.counts(kind, lessons.claims(kind, 1))
    rates = {"no_show_rates": 2} if kind == "tutor" else {}
    assert counts == {
        "enrolled_students": 1 if kind == "student" else 2, "tutors": 2 if kind == "student" else 1,
        "enrolled_courses": 2, "sessions": 6, "whiteboard_sessions": 2, "reschedules": 2, "upcoming_sessions": 4,
        "session_history": 6, "session_conflicts": 2, **rates,
    }  # fmt: skip


def test_student_is_told_of_nobody_else_by_anything(lessons: Lessons) -> None:
    for mine, other in ((1, 2), (2, 1)):
        text = lessons.told("student", lessons.claims("student", mine))
        for word in ("Pupil{}", "+9655550{}", "p{}@", "Course{}1", "Course{}2", "Board{}1", "Room{}2", "Past{}1"):
            assert word.format(mine) in text
            assert word.format(other) not in text, word
        assert "BEGIN:VCALENDAR" in text
        # Of their tutors students see the names alone.
        assert [word for word in ("Orphan", "+9655551", "t1@", "t2@", "Nobody") if word in text] == []


def test_tutor_is_told_of_no_other_tutors_lessons(lessons: Lessons) -> None:
    for mine, other in ((1, 2), (2, 1)):
        text = lessons.told("tutor", lessons.claims("tutor", mine))
        for word in ("Tutor{}", "+9655551{}", "t{}@", "Course1{}", "Course2{}", "Board2{}", "Room1{}", "Past2{}"):
            assert word.format(mine) in text
            assert word.format(other) not in text, word
        assert "BEGIN:VCALENDAR" in text
        assert [word for word in ("Orphan", "Nobody") if word in text] == []


def nobody(kind: str) -> list[Claims]:
    """Claims that look like those of somebody, and tokens of the other kind."""
    other = "tutor_id" if kind == "student" else "student_id"
    return [*no_claims(f"{kind}_id", "2"), {f"{kind}_id": "02"}, {f"{kind}_id": "+2"}, {f"{kind}_id": "2.0"},
            {f"{kind}_id": "99999999999"}, {f"{kind}_id": "\u0662"}, {other: "1"}, {"sub": "2"},
            {"email": "p1@x.org", "phone": "+96555501"}, None, "", '"2"', '["student_id"]']  # fmt: skip


@pytest.mark.parametrize("kind", ["student", "tutor"])
def test_token_that_names_nobody_shows_nothing(lessons: Lessons, kind: str) -> None:
    words = ("Pupil", "Tutor", "+96555", "@x.org", "Course", "Board", "Room", "Past", "Clash", "VCALENDAR")
    for claims in nobody(kind):
        assert {name: n for name, n in lessons.counts(kind, claims).items() if n} == {}, claims
    # Calls take longer: those that a calendar might forgive.
    for claim in (" 2", "2 ", "02", 2, ["2"], None):
        text = lessons.told(kind, {f"{kind}_id": claim})
        assert [word for word in words if word in text] == [], claim


def test_student_and_tutor_are_not_taken_for_each_other(lessons: Lessons) -> None:
    """A token may say both: each role reads its own claim."""
    both = {**lessons.claims("student", 1), **lessons.claims("tutor", 1)}
    for kind in ("student", "tutor"):
        assert lessons.counts(kind, both) == lessons.counts(kind, lessons.claims(kind, 1))


@pytest.mark.parametrize("kind", ["student", "tutor"])
def test_what_a_browser_makes_and_sets_shows_it_nothing_more(lessons: Lessons, kind: str) -> None:
    count = lessons.counts(kind, lessons.claims(kind, 1))["sessions"]
    assert lessons.baited(kind, lessons.claims(kind, 1)) == [count, count]
    assert lessons.baited(kind, {}) == [0, 0]


def test_numbers_are_those_that_the_owner_sees(lessons: Lessons) -> None:
    for kind, view in (
        ("student", "session_history"),
        ("tutor", "session_history"),
        ("tutor", "no_show_rates"),
        ("student", "upcoming_sessions"),
    ):
        claims = lessons.claims(kind, 1)
        query = f"select * from {view} where {kind}_id = {claims[f'{kind}_id']} order by enrolled_courses_id"
        query += ", session_id" if view != "no_show_rates" else ""
        before = lessons.rows(query)
        lessons.browse(kind, claims)
        assert before != []
        assert lessons.rows(query) == before
        lessons.conn.rollback()


@pytest.mark.parametrize("kind", ["student", "tutor"])
def test_browser_calls_nothing_that_believes_its_arguments_and_writes_nothing(lessons: Lessons, kind: str) -> None:
    believing = [
        "select calendar_feed('student', '1')",
        "select session_rrule(1)",
        "select cancel_session(1)",
        "select * from export_person('p1@x.org')",
        "select create_calendar_token('student', '1')",
        "select * from read_events(0, 1)",
        "select * from status_changes",
        "select * from reminders",
        "select * from workflow_log",
        "select * from session_workflows",
        "select actor from reschedules",
        "select * from settings",
        "insert into sessions default values",
        "update sessions set location = 'x'",
        "delete from enrolled_courses",
        "alter table sessions disable row level security",
        "select _show_to_browsers('sessions', 'x', '{}', 'true')",
    ]
    lessons.browse(kind, lessons.claims(kind, 1))
    for statement in believing:
        with pytest.raises(errors.InsufficientPrivilege), lessons.conn.transaction():
            lessons.conn.execute(statement.encode())
    assert lessons.rows("select schema_name from lifecycle.overview") == []


def test_calendar_is_the_tokens_own(lessons: Lessons) -> None:
    lessons.browse("student", lessons.claims("student", 2))
    text = str(lessons.rows("select own_calendar('student')"))
    assert ("Room21" in text, "Room22" in text, "Room11" in text) == (True, True, False)
    with raises_key("PT404", "calendar_not_found"), lessons.conn.transaction():
        lessons.rows("select own_calendar('tutor')")
    with raises_key("PT404", "calendar_not_found"), lessons.conn.transaction():
        lessons.rows("select own_calendar('course')")
    with raises_key("PT400", "unknown_scope"), lessons.conn.transaction():
        lessons.rows("select own_calendar('sub')")


@pytest.mark.parametrize("kind", ["app", "writer", "reader"])
def test_other_roles_see_what_they_saw(lessons: Lessons, kind: str) -> None:
    assert lessons.counts(kind, lessons.claims("student", 1))["sessions"] == 13


def test_application_and_clock_work_as_before(lessons: Lessons) -> None:
    (key,) = lessons.rows("select id from sessions where location = 'Clash11'")[0]
    lessons.browse("app", {"student_id": "0"})
    lessons.conn.execute("select start_session(%s)", [key])
    lessons.conn.execute("reset role")
    assert lessons.rows(f"select failed from lifecycle.advance('{lessons.schema}')") != []
    assert lessons.rows(f"select status from sessions where id = {key}") == [("in_progress",)]


def test_verify_knows_the_policies(lessons: Lessons) -> None:
    only = {"schemas": {"tutoring": lessons.schema}, "units": ["tutoring"]}
    assert verify(lessons.dsn, **only).exit_code == 0
    lessons.conn.execute("alter policy browser on sessions using (true)")
    rows = lessons.rows(f"select d.kind, d.identity from sessionbook.drift('{lessons.schema}') as d")
    assert rows == [("changed", "policy browser on sessions")]
