"""Several units in one call: all are looked at before the first is taken over."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest
from sessionbook.cli import main

from support.adoption import DATABASES, Application

LESSONS = (DATABASES / "lessons.sql").read_text(encoding="utf-8")
SHOP = (DATABASES / "marketplace.sql").read_text(encoding="utf-8")


def adopt(found: Application, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what the command prints."""
    line = [
        "adopt",
        "workshop",
        "tutoring",
        "--from",
        "public",
        "--dsn",
        found.dsn,
        "--json",
        "--no-cron",
        "--no-roles",
        *arguments,
    ]
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()), pytest.raises(SystemExit) as left:
        main(line)
    assert isinstance(left.value.code, int)
    return left.value.code, json.loads(out.getvalue())


def installed(found: Application) -> set[str]:
    there = found.one("select to_regclass('sessionbook.installations') is not null")
    return {schema for (schema,) in found.rows("select schema_name from sessionbook.installations")} if there else set()


def test_all_are_adopted(application_of: Callable[..., Application]) -> None:
    found = application_of("marketplace", script=SHOP + LESSONS)

    code, said = adopt(found, "--yes", "--instants-in", "UTC")

    assert (code, len(said.get("units", ()))) == (0, 2), said
    assert installed(found) == {"lifecycle", "workshop", "tutoring"}


def test_what_stands_in_the_way_of_one_keeps_all_as_they_are(application_of: Callable[..., Application]) -> None:
    found = application_of("marketplace", script=SHOP + LESSONS)
    found.run("alter table sessions drop column session_date cascade")

    code, _ = adopt(found, "--yes", "--instants-in", "UTC")

    assert code == 4
    assert installed(found) == set()


def test_options_of_one_unit_are_refused(application_of: Callable[..., Application]) -> None:
    found = application_of("marketplace", script=SHOP + LESSONS)

    code, _ = adopt(found, "--yes", "--schema", "acme")

    assert code == 2
    assert installed(found) == set()
