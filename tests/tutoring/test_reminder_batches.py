"""What couriers settle together: as one by one, and one that is lost keeps no other."""

from __future__ import annotations

from typing import Any

import pytest

from support.connect import Connect
from support.errors import raises_key
from support.school import School
from support.together import Waiting

BEFORE = "2027-01-04 09:30+00"
LEASE_OVER = "update reminders set lease_until = clock_timestamp() - interval '1 second' where id = %s"


@pytest.fixture
def claimed(school: School) -> list[int]:
    """Three reminders that courier one has."""
    for minute in range(3):
        school.session(start_time=f"10:0{minute}")
    school.at(BEFORE)
    school.advance(BEFORE)
    return [row["id"] for row in school.claim("one")]


def complete(school: School, ids: list[int | None], worker: str = "one") -> list[tuple[Any, ...]]:
    return school.conn.execute("select * from complete_reminders(%s, %s)", [ids, worker]).fetchall()


def fail(school: School, ids: list[int | None], *more: Any, worker: str = "one") -> list[tuple[Any, ...]]:
    marks = ", %s" * len(more)
    return school.conn.execute(
        f"select f.reminder_id, extract(epoch from f.next_attempt_at - lifecycle.now())::int, f.problem"
        f" from fail_reminders(%s, %s, 'HTTP 500'{marks}) as f",
        [ids, worker, *more],
    ).fetchall()


def states(school: School) -> list[str]:
    return [row["state"] for row in school.rows("select state from reminders order by id")]


def test_complete_together(school: School, claimed: list[int]) -> None:
    assert complete(school, [*reversed(claimed)]) == [(number, None) for number in sorted(claimed)]
    assert states(school) == ["sent"] * 3


def test_complete_once_more_changes_nothing(school: School, claimed: list[int]) -> None:
    complete(school, [*claimed])
    before = school.rows("select * from reminders order by id")
    school.at("2027-01-04 09:45+00")
    assert complete(school, [*claimed]) == [(number, None) for number in claimed]
    assert school.rows("select * from reminders order by id") == before


def test_one_that_is_lost_keeps_no_other_from_being_completed(school: School, claimed: list[int]) -> None:
    school.conn.execute(LEASE_OVER, [claimed[1]])
    school.claim("two")
    assert complete(school, [*claimed, claimed[0], -1, None]) == [
        (-1, "reminder_not_found"),
        (claimed[0], None),
        (claimed[1], "lease_lost"),
        (claimed[2], None),
        (None, "reminder_not_found"),
    ]
    assert states(school) == ["sent", "claimed", "sent"]


def test_completion_after_the_start_counts(school: School, claimed: list[int]) -> None:
    school.conn.execute("update reminders set lease_until = clock_timestamp() - interval '1 second'")
    school.advance("2027-01-04 10:05+00")
    assert states(school) == ["missed"] * 3
    assert [problem for _, problem in complete(school, [*claimed])] == [None] * 3
    assert states(school) == ["sent"] * 3


@pytest.mark.parametrize("settle", [complete, fail])
def test_one_that_was_prevented_since_is_lost(school: School, claimed: list[int], settle: Any) -> None:
    school.conn.execute("update reminders set state = 'prevented' where id = %s", [claimed[0]])
    assert [row[-1] for row in settle(school, [*claimed])] == ["lease_lost", None, None]
    assert states(school)[0] == "prevented"


def test_fail_together_waits_for_each_as_long_as_it_was_tried(school: School, claimed: list[int]) -> None:
    school.conn.execute("update reminders set attempts = 3 where id = %s", [claimed[1]])
    school.conn.execute("update reminders set attempts = 5 where id = %s", [claimed[2]])
    assert fail(school, [*claimed]) == [(claimed[0], 15, None), (claimed[1], 60, None), (claimed[2], None, None)]
    assert states(school) == ["queued", "queued", "failed"]
    assert school.one("select count(*) from reminders where last_error = 'HTTP 500'") == 3
    assert school.one("select count(*) from reminders where (settled_at is null) = (state = 'queued')") == 3


def test_fail_together_waits_as_long_as_the_other_side_asks(school: School, claimed: list[int]) -> None:
    assert [row[1] for row in fail(school, [*claimed], "10 minutes")] == [600] * 3


def test_fail_for_good(school: School, claimed: list[int]) -> None:
    assert [row[1] for row in fail(school, [*claimed], None, True)] == [None] * 3
    assert states(school) == ["failed"] * 3


def test_fail_once_more_changes_nothing(school: School, claimed: list[int]) -> None:
    first = fail(school, [*claimed])
    before = school.rows("select * from reminders order by id")
    assert fail(school, [*claimed]) == first
    assert school.rows("select * from reminders order by id") == before


def test_one_that_is_lost_keeps_no_other_from_failing(school: School, claimed: list[int]) -> None:
    school.conn.execute(LEASE_OVER, [claimed[1]])
    school.claim("two")
    fail(school, [claimed[1]], worker="two")
    assert fail(school, [*claimed, -1]) == [
        (-1, None, "reminder_not_found"),
        (claimed[0], 15, None),
        (claimed[1], None, "lease_lost"),
        (claimed[2], 15, None),
    ]


def test_fail_of_one_that_was_sent_changes_nothing(school: School, claimed: list[int]) -> None:
    complete(school, [claimed[0]])
    assert fail(school, [claimed[0]]) == [(claimed[0], None, None)]
    assert states(school)[0] == "sent"


@pytest.mark.parametrize("ids", ["'{}'", "null"])
def test_nothing_to_settle(school: School, ids: str) -> None:
    assert school.rows(f"select * from complete_reminders({ids}, 'one')") == []
    assert school.rows(f"select * from fail_reminders({ids}, 'one', 'no')") == []


@pytest.mark.parametrize("call", ["complete_reminders({}, 'one')", "fail_reminders({}, 'one', 'no')"])
def test_a_list_has_a_cap(school: School, call: str) -> None:
    ids = "array(select n from generate_series(1, {}) as n)"
    assert len(school.rows(f"select * from {call.format(ids.format(1000))}")) == 1000
    with raises_key("PT400", "too_many"):
        school.conn.execute(f"select * from {call.format(ids.format(1001))}")


@pytest.mark.parametrize("call", ["complete_reminders(%s, 'one')", "fail_reminders(%s, 'one', 'no')"])
def test_they_are_locked_in_the_order_of_their_keys(
    school: School, claimed: list[int], connect: Connect, call: str
) -> None:
    """Two calls of one courier, of which the first is thought lost, name the same ones in any order."""
    holder, waiter, other = (connect(autocommit=False) for _ in range(3))
    holder.execute("select from tutoring.reminders where id = %s for update", [claimed[0]])
    waiting = Waiting(
        waiter, lambda conn: conn.execute(f"select * from tutoring.{call}", [[*reversed(claimed)]]).fetchall()
    )
    other.execute("select from tutoring.reminders where id = any(%s) for update nowait", [claimed[1:]])
    other.rollback()
    holder.rollback()
    assert [row[-1] for row in waiting.result()] == [None] * 3


def test_a_claim_that_another_took_while_the_call_waited_is_lost(
    school: School, claimed: list[int], connect: Connect
) -> None:
    thief, late = connect(autocommit=False), connect(autocommit=False)
    thief.execute("update tutoring.reminders set worker = 'two' where id = %s", [claimed[0]])
    waiting = Waiting(
        late, lambda conn: conn.execute("select * from tutoring.complete_reminders(%s, 'one')", [claimed]).fetchall()
    )
    thief.commit()
    assert waiting.result() == [(claimed[0], "lease_lost"), (claimed[1], None), (claimed[2], None)]
    assert states(school) == ["claimed", "sent", "sent"]
