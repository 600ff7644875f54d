"""The assertions and races that other tests trust."""

from __future__ import annotations

import psycopg
import pytest

from support.concurrency import errors, race, results
from support.distribution import TOGETHER
from support.errors import raises_key
from support.sources import ROOT

RAISE = (
    "do $$ begin raise exception using errcode = 'PT409', constraint = 'taken', detail = 'Why.', hint = 'What.'; end $$"
)


def test_raises_key_fills_in_what_was_raised(empty_database: str) -> None:
    with psycopg.connect(empty_database) as conn, raises_key("PT409", "taken") as raised:
        conn.execute(RAISE)
    assert (raised.detail, raised.hint) == ("Why.", "What.")


@pytest.mark.parametrize(("sqlstate", "key"), [("PT404", "taken"), ("PT409", "free")])
def test_raises_key_refuses_another_code_or_key(empty_database: str, sqlstate: str, key: str) -> None:
    with (
        psycopg.connect(empty_database) as conn,
        pytest.raises(AssertionError, match="PT409 taken"),
        raises_key(sqlstate, key),
    ):
        conn.execute(RAISE)


def test_raises_key_refuses_silence() -> None:
    with pytest.raises(pytest.fail.Exception, match="nothing was raised"), raises_key("PT409", "taken"):
        pass


def test_race_lets_one_of_many_win(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("create table seats (id integer constraint seats_pkey primary key)")

    def take(conn: psycopg.Connection, i: int) -> int:
        conn.execute("insert into seats values (1)")
        return i

    outcome = race(empty_database, 8, take)
    assert len(results(outcome)) == 1
    assert {error.sqlstate for error in errors(outcome)} == {"23505"}


def test_race_that_is_broken_off_cancels_what_still_runs(empty_database: str) -> None:
    ended: list[str | None] = []

    def work(conn: psycopg.Connection, i: int) -> None:
        if i == 0:
            raise ValueError
        try:
            conn.execute("select pg_sleep(300)")
        except psycopg.Error as error:
            ended.append(error.sqlstate)

    with pytest.raises(ValueError):  # noqa: PT011
        race(empty_database, 2, work)
    assert ended == ["57014"]


def test_files_that_stay_together_are_there() -> None:
    assert [name for name in TOGETHER if not (ROOT / name).is_file()] == []
