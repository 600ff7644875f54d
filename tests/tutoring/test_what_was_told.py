"""Reminders know what was said last: whoever is on a lesson was last told the truth, nobody the same twice."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest

from support.school import School

MOVE = "select reschedule_session({session}, '2027-01-04', '{start}', '12:00')"
CANCEL = "select cancel_session({session})"
RESTORE = "select restore_session({session})"
PLACE = "update sessions set location = 'Room 2'"
BACK = "update sessions set location = null"
PHONE = "update enrolled_students set phone = '+9652' where id = {student}"
PUPIL = "update enrolled_courses set student_id = {other}"
SAME = "update enrolled_courses set student_id = {student}"
DELETE = "select delete_session({session})"
START = "select start_session({session})"
COMPLETE = "select complete_session({session})"
NO_SHOW = "select mark_no_show({session})"


class Day:
    """One lesson at 10:00 and a courier that says what it sent."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.session = school.session()
        self.other = school.new_student("Omar", "+9653")
        self.said: list[tuple[str, str, str, str | None]] = []

    def change(self, statement: str, start: str = "") -> None:
        self.school.conn.execute(
            statement.format(
                session=self.session,
                course=self.school.course,
                student=self.school.student,
                other=self.other,
                start=start,
            )
        )

    def tick(self, now: str) -> None:
        self.school.at(f"2027-01-04 {now}+00")
        assert "failed" not in self.school.advance(f"2027-01-04 {now}+00")

    def send(self, lose: bool = False) -> None:
        for claimed in self.school.claim():
            message: dict[str, Any] = claimed["message"]
            self.said.append((claimed["kind"], claimed["recipient"], message["start_time"][:5], message["location"]))
            if not lose:
                self.school.conn.execute("select complete_reminder(%s, 'courier')", [claimed["id"]])

    def at(self, now: str) -> list[tuple[str, str, str, str | None]]:
        """A tick and a courier; what was said at that time, and that it is said once."""
        self.said.clear()
        self.tick(now)
        self.send()
        said = list(self.said)
        self.tick(now)
        self.send()
        assert self.said == said
        return said


@pytest.fixture
def day(school: School) -> Day:
    return Day(school)


SARA, NEW, OMAR = "+96555550000", "+9652", "+9653"


def test_moved_there_and_back(day: Day) -> None:
    day.change(MOVE, "08:40")
    assert day.at("08:00") == [("starts_soon", SARA, "08:40", None)]
    day.change(MOVE, "08:50")
    assert day.at("08:05") == [("changed", SARA, "08:50", None)]
    day.change(MOVE, "08:40")
    assert day.at("08:10") == [("changed", SARA, "08:40", None)]
    day.change(MOVE, "08:50")
    day.change(MOVE, "08:40")
    assert day.at("08:15") == []


def test_moved_there_and_back_without_announcements(day: Day) -> None:
    """The fault as it was found: the student believed 08:50."""
    day.school.conn.execute("update settings set announce_changes = false")
    day.change(MOVE, "08:40")
    assert day.at("08:00") == [("starts_soon", SARA, "08:40", None)]
    day.change(MOVE, "08:50")
    assert day.at("08:05") == [("starts_soon", SARA, "08:50", None)]
    day.change(MOVE, "08:40")
    assert day.at("08:10") == [("starts_soon", SARA, "08:40", None)]
    day.change(CANCEL)
    assert day.at("08:15") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (PLACE, [("changed", SARA, "10:00", "Room 2")]),
        (PHONE, [("changed", NEW, "10:00", None)]),
        (CANCEL, [("cancelled", SARA, "10:00", None)]),
        (DELETE, [("cancelled", SARA, "10:00", None)]),
        (PUPIL, [("cancelled", SARA, "10:00", None), ("starts_soon", OMAR, "10:00", None)]),
        ("update sessions set topics = '[1]', end_time = '11:00'", []),
        ("update enrolled_students set full_name = 'Sara B.'", []),
        ("update sessions set status = 'in_progress'", []),
    ],
)
def test_what_changed_after_it_was_told_is_told(
    day: Day, change: str, said: list[tuple[str, str, str, str | None]]
) -> None:
    assert day.at("09:00") == [("starts_soon", SARA, "10:00", None)]
    day.change(change)
    assert sorted(day.at("09:10")) == said
    assert day.at("09:59") == []


START_AT = "select jsonb_agg(jsonb_build_object('session_date', session_date, 'start_time', time '{start}',"
START_AT += " 'end_time', end_time)) from sessions"


@pytest.mark.parametrize(
    "move",
    [
        f"select update_scheduled_sessions({{course}}, ({START_AT}))",
        "select edit_series({session}, 'this', '{{\"start_time\": \"{start}\"}}')",
        "select edit_series({session}, 'all', '{{\"start_time\": \"{start}\"}}')",
        "update sessions set start_time = '{start}', starts_at = starts_at, alarm_at = null",
        "update sessions set timezone = 'Asia/Kuwait', end_time = '15:00', start_time = time '{start}' + '3 hours'",
        "with gone as (select delete_session({session})) select from gone; select restore_session({session});"
        " select reschedule_session({session}, '2027-01-04', '{start}', '12:00')",
        "select cancel_session({session}); select assign_session_to_slot({course}, '2027-01-04', '{start}', '12:00')",
    ],
    ids=["plan", "this", "series", "whole row", "zone", "deleted meanwhile", "slot"],
)
def test_whoever_moves_it_there_and_back(day: Day, move: str) -> None:
    day.school.conn.execute('update sessions set recurring_pattern = \'{"frequency": "weekly", "count": 2}\'')
    day.school.conn.execute("select generate_recurring_sessions(%s)", [day.session])
    day.school.conn.execute("delete from sessions where id <> %s", [day.session])
    assert day.at("09:30") == [("starts_soon", SARA, "10:00", None)]
    for now, start in (("09:35", "10:20"), ("09:40", "10:00"), ("09:45", "10:10")):
        day.change(move, start)
        ((kind, recipient, _, _),) = day.at(now)
        assert (kind, recipient) == ("changed", SARA)
        told = (
            "select (message ->> 'starts_at')::timestamptz from reminders where state = 'sent' order by id desc limit 1"
        )
        assert day.school.one(f"select ({told}) = '2027-01-04 {start}+00'")
    assert day.at("09:59") == []


def test_nobody_is_told_of_a_change_who_was_told_nothing(day: Day) -> None:
    for change in (PLACE, PHONE, PUPIL, SAME, CANCEL, RESTORE):
        day.change(change)
        assert day.at("08:59") == []
    assert day.at("09:00") == [("starts_soon", NEW, "10:00", "Room 2")]


def test_lesson_that_moves_out_of_the_hour_is_announced_and_reminded_of(day: Day) -> None:
    assert day.at("09:00") == [("starts_soon", SARA, "10:00", None)]
    day.change(MOVE, "11:45")
    assert day.at("09:10") == [("changed", SARA, "11:45", None)]
    assert day.at("10:45") == [("starts_soon", SARA, "11:45", None)]
    assert day.at("11:00") == []


def test_change_that_is_sent_late_is_the_reminder(day: Day) -> None:
    """Queued before the hour began, sent in it."""
    assert day.at("09:00") == [("starts_soon", SARA, "10:00", None)]
    day.change(MOVE, "10:30")
    day.tick("09:20")
    assert day.at("09:31") == [("changed", SARA, "10:30", None)]
    assert day.at("09:40") == []


def test_cancelled_and_restored(day: Day) -> None:
    day.at("09:00")
    day.change(CANCEL)
    assert day.at("09:10") == [("cancelled", SARA, "10:00", None)]
    day.change(RESTORE)
    assert day.at("09:20") == [("changed", SARA, "10:00", None)]
    day.change(CANCEL)
    day.tick("09:30")
    day.change(RESTORE)
    assert day.at("09:31") == []


@pytest.mark.parametrize("held", [[START], [START, COMPLETE], [START, NO_SHOW]])
def test_held_by_mistake_before_its_time_and_restored(day: Day, held: list[str]) -> None:
    """It is reminded of once, and that it was held is in the history."""
    for change in held:
        day.change(change)
    assert day.at("09:10") == []
    day.change(RESTORE)
    assert day.at("09:20") == [("starts_soon", SARA, "10:00", None)]
    for change in [*held, RESTORE]:
        day.change(change)
    assert day.at("09:30") == []
    day.tick("10:00")
    moves = day.school.rows("select from_status, to_status, cause from status_changes order by id")
    assert [row["to_status"] for row in moves if row["cause"] == "clock"] == ["in_progress"]
    restored = [row["from_status"] for row in moves if row["to_status"] == "scheduled" and row["cause"] == "person"]
    assert len(restored) == 2
    told = day.school.rows(
        "select kind, payload ->> 'from' as was from read_events(0, 1000) where kind <> 'session.created'"
    )
    assert [(row["kind"], row["was"]) for row in told] == [
        (f"session.{row['to_status']}", row["from_status"]) for row in moves
    ]


def test_student_who_comes_back(day: Day) -> None:
    day.at("09:00")
    day.change(PUPIL)
    assert len(day.at("09:10")) == 2
    day.change(SAME)
    assert sorted(day.at("09:20")) == [("cancelled", OMAR, "10:00", None), ("changed", SARA, "10:00", None)]


def test_change_that_came_while_it_was_sent(day: Day) -> None:
    day.tick("09:00")
    (claimed,) = day.school.claim()
    day.change(MOVE, "10:30")
    day.tick("09:01")
    day.school.conn.execute("select complete_reminder(%s, 'courier')", [claimed["id"]])
    (said,) = day.at("09:02")
    assert said[1:] == (SARA, "10:30", None)


def test_what_could_not_be_sent_is_not_queued_for_ever(day: Day) -> None:
    day.at("09:00")
    day.change(MOVE, "10:30")
    day.tick("09:10")
    (claimed,) = day.school.claim()
    day.school.conn.execute("select fail_reminder(%s, 'courier', 'no', null, true)", [claimed["id"]])
    assert day.at("09:20") == []
    day.school.conn.execute("select retry_reminder(%s)", [claimed["id"]])
    assert day.at("09:30") == [("changed", SARA, "10:30", None)]


def test_retry_of_what_is_on_its_way_in_another_message(day: Day) -> None:
    """The number was wrong, and was corrected."""
    day.at("09:00")
    day.change(PLACE)
    day.tick("09:10")
    (claimed,) = day.school.claim()
    day.school.conn.execute("select fail_reminder(%s, 'courier', 'no', null, true)", [claimed["id"]])
    day.change(PHONE)
    day.tick("09:11")
    assert day.school.row("select * from retry_reminder(%s)", claimed["id"])["id"] > claimed["id"]
    assert day.at("09:12") == [("changed", NEW, "10:00", "Room 2")]


def test_alarm_says_what_is_true_too(day: Day) -> None:
    """An alarm is a wish of its own: it comes beside the reminder, and what it said counts."""
    day.school.conn.execute("update sessions set alarm_enabled = true, alarm_before_minutes = 30")
    day.at("09:00")
    assert day.at("09:30") == [("alarm", SARA, "10:00", None)]
    day.change(PLACE)
    assert day.at("09:40") == [("changed", SARA, "10:00", "Room 2")]


@pytest.mark.parametrize("announce", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_whoever_is_on_the_lesson_was_last_told_the_truth(day: Day, seed: int, announce: bool) -> None:
    """Random changes, ticks and couriers, some of whom never say that they sent."""
    rng = random.Random(seed)
    day.school.conn.execute("update settings set announce_changes = %s", [announce])
    for minute in range(5, 50, 3):
        for _ in range(rng.randint(0, 2)):
            change = rng.choice([MOVE, MOVE, PLACE, BACK, PHONE, PUPIL, SAME, CANCEL, START, RESTORE])
            row = day.school.row("select status from sessions")
            if change in (MOVE, CANCEL, START) and row["status"] != "scheduled":
                change = RESTORE
            day.change(change, rng.choice(["10:00", "10:05", "10:10", "11:30"]))
        day.tick(f"09:{minute:02}")
        if rng.random() < 0.7:
            day.send()
    for minute in (51, 52, 53):
        day.tick(f"09:{minute}")
        day.send()
    truth = day.school.row(
        "select m.recipient, m.message ->> 'start_time' as start, m.message ->> 'location' as location, m.student_id,"
        " m.obstacle, m.starts_at <= '2027-01-04 10:53+00' as is_soon from session_messages as m"
    )
    last = {
        row["student_id"]: row
        for row in day.school.rows(
            "select student_id, kind, recipient, message ->> 'start_time' as start, message ->> 'location' as location"
            " from reminders where state = 'sent' order by settled_at, id"
        )
    }
    on_it = last.pop(truth["student_id"], None)
    if truth["obstacle"] is None and (truth["is_soon"] or (on_it and announce)):
        assert on_it is not None
        assert on_it["kind"] != "cancelled"
        assert {key: on_it[key] for key in ("recipient", "start", "location")} == {
            key: truth[key] for key in ("recipient", "start", "location")
        }
    if announce:
        assert {row["kind"] for row in last.values()} <= {"cancelled"}
        if truth["obstacle"] == "session_cancelled" and on_it:
            assert on_it["kind"] == "cancelled"
    said = [row for row in json.loads(json.dumps(day.said)) if row[0] != "alarm"]
    by_person: dict[str, list[list[str]]] = {}
    for row in said:
        by_person.setdefault(row[1], []).append(row)
    for rows in by_person.values():
        assert all(one != another for one, another in itertools.pairwise(rows))
