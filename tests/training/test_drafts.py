"""create_draft() and update_session() on a draft: loose, as long as what is named is there."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.concurrency import race, results
from support.department import END, START, Department
from support.errors import raises_key


def update(training: Department, session: str, **changes: object) -> dict[str, object]:
    return training.row("select * from update_session(%s, %s)", session, Jsonb(changes))


def test_draft_needs_a_course_only(training: Department) -> None:
    row = training.row("select * from create_draft(%s, 'frank')", training.course)
    assert (row["status"], row["course_id"], row["created_by_id"]) == ("DRAFT", training.course, "frank")
    assert [row[name] for name in ("trainer_id", "venue_id", "start_time", "end_time", "deleted_at")] == [None] * 5
    assert training.one("select count(*) from sessions where id = %s", row["id"]) == 1


def test_draft_may_hold_everything(training: Department) -> None:
    row = training.row(
        "select * from create_draft(%s, 'frank', %s, %s, %s, %s)",
        training.course, training.trainer, training.venue, START, END,
    )  # fmt: skip
    assert (row["trainer_id"], row["venue_id"], row["status"]) == (training.trainer, training.venue, "DRAFT")
    assert training.one("select (start_time, end_time) = (%s, %s) from sessions", START, END)


def test_draft_ignores_conflicts_and_qualifications(training: Department) -> None:
    training.scheduled()
    training.row(
        "select * from create_draft(%s, 'frank', %s, %s, %s, %s)",
        training.new_course("Crane"), training.trainer, training.venue, START, END,
    )  # fmt: skip


def test_draft_may_end_before_it_starts(training: Department) -> None:
    draft = training.row("select * from create_draft(%s, 'frank', null, null, %s, %s)", training.course, END, START)
    update(training, draft["id"], trainer_id=training.trainer, venue_id=training.venue)
    with raises_key("PT400", "end_before_start"):
        training.conn.execute("select schedule_session(%s)", [draft["id"]])


@pytest.mark.parametrize(
    ("arguments", "field"), [("null, 'frank'", "course_id"), ("'c12345678', null", "created_by_id")]
)
def test_draft_without_course_or_author_is_refused(training: Department, arguments: str, field: str) -> None:
    with raises_key("PT400", "missing_field") as error:
        training.conn.execute(f"select create_draft({arguments})")
    assert field in error.message


KEYED = "select * from create_draft(%s, %s, p_start_time => %s, p_idempotency_key => %s)"


def test_draft_with_a_key_is_made_once(training: Department) -> None:
    first = training.row(KEYED, training.course, "frank", START, "one")
    training.conn.execute("set timezone = 'Asia/Kuwait'")
    assert training.row(KEYED, training.course, "frank", START, "one")["id"] == first["id"]
    assert training.row(KEYED, training.course, "frank", START, "two")["id"] != first["id"]
    assert training.row(KEYED, training.course, "mona", START, "one")["id"] != first["id"]
    assert training.row(KEYED, training.course, "frank", START, "")["id"] != first["id"]
    # It returns what became of it since, and makes nothing anew.
    training.conn.execute("update courses set deleted_at = now()")
    training.conn.execute("select cancel_session(%s)", [first["id"]])
    assert training.row(KEYED, training.course, "frank", START, "one")["status"] == "CANCELLED"
    assert training.one("select count(*) from sessions") == 4


def test_key_of_another_draft_and_one_that_is_too_long(training: Department) -> None:
    training.row(KEYED, training.course, "frank", START, "one")
    for course, start in ((training.course, END), (training.course, None), (training.new_course(), START)):
        with raises_key("PT409", "idempotency_key_reused"):
            training.conn.execute(KEYED, [course, "frank", start, "one"])
    with raises_key("PT400", "invalid_idempotency_key"):
        training.conn.execute(KEYED, [training.course, "frank", START, "x" * 201])
    # The longest of both fit into the index, in letters of four bytes.
    longest = "".join(chr(0x1F300 + i) for i in range(200))
    for key in ("one", None):
        with raises_key("PT400", "text_too_long"):
            training.conn.execute(KEYED, [training.course, longest + "x", START, key])
    assert training.one("select count(*) from sessions") == 1
    kept = training.row(KEYED, training.course, longest, START, longest)
    assert training.row(KEYED, training.course, longest, START, longest)["id"] == kept["id"]


def test_callers_with_one_key_at_once_get_the_same_draft(training: Department, database: str) -> None:
    def work(conn: psycopg.Connection, me: int) -> object:
        conn.execute("set role sessionbook_app")
        conn.execute("set search_path = training")
        return conn.execute(KEYED, [training.course, "frank", START, "one"]).fetchone()

    first, *others = results(race(database, 4, work))
    assert others == [first] * 3
    assert training.one("select count(*) from sessions") == 1


@pytest.mark.parametrize("place", ["course", "trainer", "venue"])
def test_what_a_draft_names_must_be_there(training: Department, place: str) -> None:
    values = {"course": training.course, "trainer": None, "venue": None, place: "c12345678"}
    with raises_key("PT404", f"{place}_not_found"):
        training.conn.execute("select create_draft(%(course)s, 'frank', %(trainer)s, %(venue)s)", values)
    with raises_key("PT404", f"{place}_not_found"):
        update(training, training.draft(), **{f"{place}_id": "c12345678"})


@pytest.mark.parametrize("place", ["trainer", "venue"])
def test_deleted_trainer_or_venue_is_not_taken_and_stays_where_it_was(training: Department, place: str) -> None:
    holder, other = training.planned(), training.draft()
    training.conn.execute(f"update {place}s set deleted_at = now()")
    with raises_key("PT404", f"{place}_not_found"):
        update(training, other, **{f"{place}_id": getattr(training, place)})
    assert update(training, holder, end_time=None)[f"{place}_id"] == getattr(training, place)


def test_absent_keys_stay_and_null_empties(training: Department) -> None:
    draft = training.planned()
    row = update(training, draft, venue_id=None, end_time="2027-01-04T13:00:00Z")
    assert (row["trainer_id"], row["venue_id"], row["status"]) == (training.trainer, None, "DRAFT")
    assert training.one("select (start_time, end_time) = (%s, '2027-01-04 13:00+00') from sessions", START)


def test_course_cannot_be_emptied(training: Department) -> None:
    with raises_key("PT400", "missing_field") as error:
        update(training, training.draft(), course_id=None)
    assert "course_id" in error.message


def test_no_change_is_none(training: Department) -> None:
    draft = training.planned()
    training.at("2030-01-01 00:00+00")
    before = training.row("select * from sessions")
    assert update(training, draft) == before


@pytest.mark.parametrize("field", ["status", "deleted_at", "courseId", "id"])
def test_unknown_field_is_named(training: Department, field: str) -> None:
    with raises_key("PT400", "unknown_field") as error:
        update(training, training.draft(), **{"venue_id": None, field: "COMPLETED"})
    assert field in error.message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start_time", "soon"),
        ("end_time", "2027-02-30T10:00:00Z"),
        ("start_time", "2027-01-04 10:00 Mars/Olympus"),
        ("start_time", 1798966800),
        ("trainer_id", 7),
        ("venue_id", ["c12345678"]),
        ("course_id", {"id": "c12345678"}),
    ],
)
def test_value_of_the_wrong_kind_is_named(training: Department, field: str, value: object) -> None:
    with raises_key("PT400", "invalid_field") as error:
        update(training, training.draft(), **{field: value})
    assert field in error.message


@pytest.mark.parametrize("changes", ["[]", "null", '"venue_id"', None])
def test_changes_are_an_object(training: Department, changes: str | None) -> None:
    with raises_key("PT400", "invalid_changes"):
        training.conn.execute("select update_session(%s, %s)", [training.draft(), changes])
