"""The assertions and races that other tests trust."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from support.concurrency import errors, race, results
from support.distribution import SLOW, TOGETHER
from support.errors import raises_key
from support.sharing import EVERY_SERVER, OWN_SERVER, Share, chosen_share
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


@pytest.mark.parametrize("given", ["", "1", "0/3", "4/3", "a/b", "1/0", "-1/3"])
def test_share_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("SESSIONBOOK_SHARE", given)
    with pytest.raises(pytest.UsageError):
        chosen_share()


def _item(nodeid: str, mark: object = None) -> Any:
    return SimpleNamespace(nodeid=nodeid, get_closest_marker={"every_server": mark}.get)


def test_shares_have_each_test_once() -> None:
    items = [_item(f"tests/workshop/test_x.py::test_{i}") for i in range(300)]
    had = [[share.has(item) for share in (Share(1, 3), Share(2, 3), Share(3, 3))] for item in items]
    assert [sum(row) for row in had] == [1] * 300
    assert min(map(sum, zip(*had, strict=True))) > 70


@pytest.mark.parametrize(
    "item", [_item(f"{EVERY_SERVER[0]}test_x.py::test_x"), _item("tests/workshop/test_x.py::test_x", mark=True)]
)
def test_each_share_has_what_is_for_every_server(item: Any) -> None:
    assert all(Share(part, 3).has(item) for part in (1, 2, 3))


@pytest.mark.parametrize("file", OWN_SERVER)
def test_file_with_a_server_of_its_own_is_in_one_share(file: str) -> None:
    assert [Share(part, 3).has(_item(f"{file}::test_x")) for part in (1, 2, 3)].count(True) == 1


def test_files_that_stay_together_are_in_one_share() -> None:
    for name in TOGETHER:
        assert len({part for part in (1, 2, 3) for i in range(20) if Share(part, 3).has(_item(f"{name}::{i}"))}) in (
            1,
            3,
        )


def test_skip_is_a_failure_where_no_other_server_has_the_test(tmp_path: Path) -> None:
    tests = "".join(f"def test_{i}(): pytest.skip('not here')\n" for i in range(8))
    (tmp_path / "test_skipped.py").write_text(f"import pytest\n{tests}")
    (tmp_path / "test_both.py").write_text(f"import pytest\npytestmark = pytest.mark.every_server\n{tests}")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "conftest",
            "-c",
            str(ROOT / "pyproject.toml"),
            "-n",
            "0",
            str(tmp_path),
        ],
        env={**os.environ, "SESSIONBOOK_SHARE": "1/2", "PYTHONPATH": str(ROOT / "tests")},
        check=False,
        capture_output=True,
        text=True,
    )
    counted = re.search(r"(\d+) failed, 8 skipped, (\d+) deselected", done.stdout)
    assert counted, done.stdout
    assert int(counted[1]) + int(counted[2]) == 8
    assert int(counted[1]) > 0


def test_files_that_are_shared_out_are_there() -> None:
    assert [name for name in (*EVERY_SERVER, *OWN_SERVER, *SLOW) if not (ROOT / name).exists()] == []
