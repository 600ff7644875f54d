"""README.md: its commands, and the first booking from its first statement to its last."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row
from sessionbook.cli import app
from typer.main import get_command

from support.page import blocks, url, with_commands
from support.sources import ROOT

BLOCKS = blocks("../README")
(BOOKING,) = [text for language, text in BLOCKS if language == "sql"]
SHELL = [text for language, text in BLOCKS if language == "sh"]


def test_first_booking(database: str) -> None:
    answers: list[list[dict[str, object]]] = []
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as conn:
        for statement in BOOKING.split(";\n"):
            cursor = conn.execute(statement.encode())
            if cursor.description:
                answers.append(cursor.fetchall())
        shown, enrolled, ordered, paid, full, people, copied, history = answers
        assert [(row["title"], row["seats_left"], row["badge"]) for row in shown + full] == [
            ("Pottery", 2, "few_left"),
            ("Pottery", 0, "full"),
        ]
        assert [row["status"] for row in enrolled + paid] == ["successful", "paid"]
        assert ordered[0]["total_amount"] == 10
        assert {(row["student_name"], row["status"]) for row in people} == {
            ("Sara", "successful"),
            ("Dana", "successful"),
        }
        assert len(copied) == 1
        assert {row["to_status"] for row in history} >= {"active", "full", "paid"}
        with pytest.raises(psycopg.Error) as refused:
            conn.execute("select from enroll((select session_id from store_sessions where badge = 'full'), 'Lea')")
    assert (refused.value.sqlstate, refused.value.diag.constraint_name) == ("PT409", "session_full")


def test_commands_install(empty_database: str, tmp_path: Path) -> None:
    (install,) = [text for text in SHELL if "sessionbook apply" in text]
    _, *commands = install.replace("postgresql://owner@db.example.org/shop", f"'{url(empty_database)}'").splitlines()
    subprocess.run(["sh", "-euc", "\n".join(commands)], cwd=tmp_path, env=with_commands(), check=True, timeout=300)
    with psycopg.connect(empty_database) as conn:
        assert conn.execute("select count(*) from sessionbook.installations").fetchone() == (4,)


def test_server_is_the_one_that_the_page_on_tests_starts() -> None:
    """Where a test starts it."""
    serve = next(line for text in SHELL for line in text.splitlines() if line.startswith("sessionbook serve"))
    assert ("sh", f"{serve}\n") in blocks("testing")


def test_targets_can_be_made() -> None:
    targets = set(re.findall(r"^([a-z -]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    names = {name for group in targets for name in group.split()}
    asked = {line for language, text in BLOCKS if not language for line in text.splitlines()}
    assert {line.removeprefix("make ") for line in asked} <= names


PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*/README.md")]


def test_commands_are_there() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    for page in PAGES:
        for name in re.findall(r"(?:`|^)sessionbook ([a-z]+)", page.read_text(), re.MULTILINE):
            assert name in commands, f"{page.name}: sessionbook {name}"


def test_links_lead_to_files() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
