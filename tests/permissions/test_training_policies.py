"""What browsers read of unit training once sql/policies is run: sessions of whom the token names, call by call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import errors
from sessionbook.deploy.verify import verify

from support.browsers import Browsed, Claims, installed, no_claims, open_to_browsers
from support.department import Department
from support.errors import raises_key
from support.server import Server


class Sessions(Browsed):
    """Two trainers and two people; each trainer has a session that both attend, one each, and a draft."""

    def __init__(self, dsn: str, schema: str, prefix: str) -> None:
        super().__init__(dsn, schema, prefix)
        hall = Department(self.conn, "", "", "")
        hall.course = hall.new_course("Rescue")
        self.people = [hall.person(f"Person{n}", "Haddad") for n in (1, 2)]
        self.trainers = []
        for n in (1, 2):
            columns = {"email": f"t{n}@x.org", "phone_number": f"+9655551{n}"}
            hall.trainer = hall.new_trainer(f"Coach{n}", "Smith", teaches=hall.course, **columns)
            self.trainers.append(hall.trainer)
            hall.venue = hall.new_venue(f"Hall{n}")
            for m, person in enumerate(self.people, 1):
                start, end = f"2099-0{m}-01 09:00+00", f"2099-0{m}-01 11:00+00"
                session = hall.scheduled(start_time=start, end_time=end, created_by_id=f"by{n}{m}")
                hall.attend(session, person)
                hall.conn.execute(
                    "update session_attendees set remarks = %s where session_id = %s", [f"Note{m}", session]
                )
            draft = hall.planned(
                created_by_id=f"draft{n}", start_time="2099-05-01 09:00+00", end_time="2099-05-01 10:00+00"
            )
            hall.attend(draft, *self.people)
            hall.insert(
                "absences", trainer_id=hall.trainer, starts_at="2099-09-01", ends_at="2099-09-02", reason=f"Why{n}"
            )
            hall.insert(
                "availability_rules",
                trainer_id=hall.trainer, weekday=1, start_time="08:00", end_time="18:00", timezone="UTC",
            )  # fmt: skip
        for n, person in enumerate(self.people, 1):
            hall.item(person, expires=f"2098-01-0{n}", status="COMPLIANT")
        self.conn.commit()

    def claims(self, kind: str, number: int) -> dict[str, Any]:
        """What the token of one of the two holds."""
        keys = self.trainers if kind == "trainer" else self.people
        return {claim(kind): keys[number - 1]}

    def told(self, kind: str, claims: Claims) -> str:
        """Everything that the role can read or be told, with the keys of everybody."""
        keys = [key for (key,) in self.rows("select id from sessions")]
        words = ["trainer", "person", "venue", "session", "sub", *keys, *self.trainers, *self.people]
        return self.shown(kind, claims, {"text": [f"'{word}'" for word in words]})


def claim(kind: str) -> str:
    """The claim that a role is known by."""
    return "trainer_id" if kind == "trainer" else "person_id"


@pytest.fixture(scope="module", params=["of its own", "of a tenant"])
def opened(request: pytest.FixtureRequest, server: Server, template: str) -> Iterator[Sessions]:
    with installed(server, template, "training", request.param == "of a tenant") as (dsn, schema, prefix):
        sessions = Sessions(dsn, schema, prefix)
        open_to_browsers(dsn, schema, "training")
        yield sessions
        sessions.conn.close()


@pytest.fixture
def sessions(opened: Sessions) -> Iterator[Sessions]:
    yield opened
    opened.conn.rollback()


def test_trainer_sees_what_is_theirs(sessions: Sessions) -> None:
    assert sessions.counts("trainer", sessions.claims("trainer", 1)) == {
        "courses": 1, "venues": 2, "trainers": 1, "trainer_qualifications": 1, "availability_rules": 1, "absences": 1,
        "sessions": 3, "session_attendees": 4, "personnel": 2, "session_roster": 4,
    }  # fmt: skip


def test_attendee_sees_what_is_theirs(sessions: Sessions) -> None:
    """No drafts."""
    assert sessions.counts("attendee", sessions.claims("attendee", 1)) == {
        "courses": 1, "venues": 2, "trainers": 2, "sessions": 2, "session_attendees": 4, "personnel": 1,
        "compliance_items": 1, "attendee_conflicts": 2,
    }  # fmt: skip


def test_trainer_is_told_of_no_other_trainers_sessions(sessions: Sessions) -> None:
    for mine, other in ((1, 2), (2, 1)):
        text = sessions.told("trainer", sessions.claims("trainer", mine))
        for word in ("Coach{}", "t{}@", "+9655551{}", "by{}1", "by{}2", "draft{}", "Why{}"):
            assert word.format(mine) in text
            assert word.format(other) not in text, word
        assert [word for word in ("Person1", "Person2", "BEGIN:VCALENDAR") if word not in text] == []


def test_attendee_is_told_of_nobody_else_by_anything(sessions: Sessions) -> None:
    for mine, other in ((1, 2), (2, 1)):
        text = sessions.told("attendee", sessions.claims("attendee", mine))
        assert [word for word in (f"Person{other}", f"2098, 1, {other}") if word in text] == []
        assert [word for word in (f"Person{mine}", f"2098, 1, {mine}", "BEGIN:VCALENDAR") if word not in text] == []
        # Remarks are for trainers, and of trainers people see the names alone.
        assert [word for word in ("Note", "t1@", "+96555", "draft", "by1", "by2") if word in text] == []


def test_attendee_sees_the_sessions_that_they_attend(sessions: Sessions) -> None:
    query = "select id from sessions where created_by_id like 'by_{}' order by id"
    expected = sessions.rows(query.format(2))
    sessions.browse("attendee", sessions.claims("attendee", 2))
    assert sessions.rows("select id from sessions order by id") == expected


def nobody(kind: str, key: str) -> list[Claims]:
    """Claims that look like those of somebody, and tokens of the other kind."""
    other = claim("attendee" if kind == "trainer" else "trainer")
    name = claim(kind)
    return [*no_claims(name, key), {name: key.upper()}, {other: key}, {"sub": key}, {"session_id": key}, None, "",
            f'"{key}"', f'["{name}"]']  # fmt: skip


@pytest.mark.parametrize("kind", ["trainer", "attendee"])
def test_token_that_names_nobody_shows_nothing(sessions: Sessions, kind: str) -> None:
    key = sessions.claims(kind, 1)[claim(kind)]
    for claims in nobody(kind, key):
        found = {name: n for name, n in sessions.counts(kind, claims).items() if n}
        assert found == {"courses": 1, "venues": 2}, claims
    for value in (f" {key}", f"{key} ", key.upper(), [key], None):
        text = sessions.told(kind, {claim(kind): value})
        assert [word for word in ("Coach", "Person", "Note", "VCALENDAR", "@x.org") if word in text] == [], value


@pytest.mark.parametrize("kind", ["trainer", "attendee"])
def test_what_a_browser_makes_and_sets_shows_it_nothing_more(sessions: Sessions, kind: str) -> None:
    count = sessions.counts(kind, sessions.claims(kind, 1))["sessions"]
    assert sessions.baited(kind, sessions.claims(kind, 1)) == [count, count]
    assert sessions.baited(kind, {}) == [0, 0]


def test_numbers_are_those_that_the_owner_sees(sessions: Sessions) -> None:
    for kind, view in (("trainer", "session_roster"), ("attendee", "attendee_conflicts")):
        claims = sessions.claims(kind, 1)
        name = "trainer_id" if kind == "trainer" else "personnel_id"
        query = f"select * from {view} where {name} = '{claims[claim(kind)]}' and status is not null"
        query += " and status::text <> 'DRAFT' and other_status <> 'DRAFT'" if kind == "attendee" else ""
        before = sorted(map(str, sessions.rows(query)))
        sessions.browse(kind, claims)
        assert sorted(map(str, sessions.rows(query))) == before != []
        sessions.conn.rollback()


@pytest.mark.parametrize("kind", ["trainer", "attendee"])
def test_browser_calls_nothing_that_believes_its_arguments_and_writes_nothing(sessions: Sessions, kind: str) -> None:
    believing = [
        "select calendar_feed('person', 'x')",
        "select * from attendee_suggestions('x')",
        "select * from availability_check(now(), now(), 'x')",
        "select * from trainer_load()",
        "select * from export_person(p_personnel_id => 'x')",
        "select create_calendar_token('person', 'x')",
        "select * from read_events(0, 1)",
        "select * from status_changes",
        "select * from session_decisions",
        "select * from session_board",
        "select * from session_alerts",
        "select email from trainers" if kind == "attendee" else "select * from compliance_items",
        "select remarks from session_attendees" if kind == "attendee" else "select sort_name from personnel",
        "insert into sessions default values",
        "update sessions set course_id = 'x'",
        "delete from session_attendees",
        "alter table sessions disable row level security",
        "select _open_to_browsers('{}')",
    ]
    sessions.browse(kind, sessions.claims(kind, 1))
    for statement in believing:
        with pytest.raises(errors.InsufficientPrivilege), sessions.conn.transaction():
            sessions.conn.execute(statement.encode())
    assert sessions.rows("select schema_name from lifecycle.overview") == []


def test_calendar_is_the_tokens_own(sessions: Sessions) -> None:
    sessions.browse("attendee", sessions.claims("attendee", 2))
    text = str(sessions.rows("select own_calendar('person')"))
    assert ("20990201" in text, "20990101" in text) == (True, False)
    for scope in ("trainer", "session", "venue"):
        with raises_key("PT404", "calendar_not_found"), sessions.conn.transaction():
            sessions.rows(f"select own_calendar('{scope}')")


@pytest.mark.parametrize("kind", ["app", "writer", "reader"])
def test_other_roles_see_what_they_saw(sessions: Sessions, kind: str) -> None:
    counts = sessions.counts(kind, sessions.claims("attendee", 1))
    assert (counts["sessions"], counts["personnel"]) == (6, 2)


def test_application_and_clock_work_as_before(sessions: Sessions) -> None:
    (key,) = sessions.rows("select id from sessions where created_by_id = 'by11'")[0]
    sessions.browse("app", {"person_id": "x"})
    sessions.conn.execute("select add_attendees(%s, %s)", [key, sessions.people])
    sessions.conn.execute("reset role")
    assert sessions.rows(f"select failed from lifecycle.advance('{sessions.schema}')") != []
    assert sessions.rows(f"select count(*) from session_attendees where session_id = '{key}'") == [(2,)]


def test_verify_knows_the_policies(sessions: Sessions) -> None:
    only = {"schemas": {"training": sessions.schema}, "units": ["training"]}
    assert verify(sessions.dsn, **only).exit_code == 0
    sessions.conn.execute("drop policy browser_attendee on personnel")
    rows = sessions.rows(f"select d.kind, d.identity from sessionbook.drift('{sessions.schema}') as d")
    assert rows == [("missing", "policy browser_attendee on personnel")]
