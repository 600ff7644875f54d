"""What all commands have in common, so that a new one cannot forget it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from sessionbook.cli import app

from support.command import called


def _commands(group: Any, *before: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, *before, name)
        else:
            yield " ".join([*before, name]), command


COMMANDS = dict(_commands(typer.main.get_command(app)))
# They bring a server of their own, or need none.
WITHOUT_DSN = {"serve", "demo", "export", "globals"}
# Those that apply grants, or look whether they are applied, or write them down.
GRANTING = {"apply", "status", "plan", "verify", "rollback", "export", "adopt"}
# What is needed beside --json to come to the point where they fail.
NEEDED = {
    "adopt": ["workshop", "--from", "public"],
    "baseline": ["0001_baseline"],
    "resolve": ["0001_baseline", "--retry"],
    "forget": ["workshop"],
    "rename": ["workshop", "acme"],
    "rollback": ["--unit", "workshop"],
    "watch": ["--once"],
}


def options(name: str) -> set[str]:
    return {option for parameter in COMMANDS[name].params for option in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize("name", COMMANDS)
def test_says_its_exit_codes(name):
    assert "Exit codes" in (COMMANDS[name].help or "")


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - WITHOUT_DSN))
def test_takes_a_dsn(name):
    assert "--dsn" in options(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_takes_no_roles_where_it_grants(name):
    assert ("--no-roles" in options(name)) == (name in GRANTING)


@pytest.mark.parametrize("name", COMMANDS)
def test_failure_prints_one_object_with_the_exit_code(name, tmp_path):
    """No server listens there, and what should be a folder is a file."""
    file = tmp_path / "file"
    file.touch()
    inside = {
        "serve": ["--folder", str(file)],
        "demo": ["--folder", str(file)],
        "export": ["--output", str(file / "x")],
    }
    done = called(
        [*name.split(), "--json", *inside.get(name, ["--dsn", "host=127.0.0.1 port=1"]), *NEEDED.get(name, ())]
    )
    assert done.returncode in (1, 2)
    answer = json.loads(done.stdout)
    assert answer["error"]
    assert answer["exit_code"] == done.returncode


@pytest.mark.parametrize("name", COMMANDS)
def test_command_line_that_cannot_be_read_prints_one_object(name):
    done = called([*name.split(), "--json", "--nonsense"])
    assert done.returncode == 2
    assert json.loads(done.stdout)["exit_code"] == 2


def test_interrupted_deploy_prints_one_object(empty_database, tree, command, query, until):
    query("select pg_advisory_lock(hashtextextended('sessionbook', 0))")
    process = command.start("apply", "--json", "--dsn", empty_database)
    until(
        lambda: query(
            "select pid from pg_stat_activity where datname = current_database() and application_name = 'sessionbook'"
        )
    )
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert json.loads(out)["exit_code"] == process.returncode == 143


def run_unread(*arguments: str) -> tuple[int, str]:
    theirs, ours = os.pipe()
    os.close(theirs)
    done = subprocess.run(
        [sys.executable, "-m", "sessionbook", *arguments],
        stdout=ours, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
    )  # fmt: skip
    os.close(ours)
    return done.returncode, done.stderr


@pytest.mark.parametrize("how", [[], ["--json"]])
@pytest.mark.parametrize("name", ["status", "plan", "verify", "apply --no-cron"])
def test_reader_that_has_enough_ends_it_in_silence(empty_database, name, how):
    """As `head` does, which is gone before the end."""
    assert run_unread(*name.split(), *how, "--dsn", empty_database) == (141, "")


def test_failure_that_nobody_reads_keeps_its_exit_code():
    code, said = run_unread("apply", "--json", "--schema", "workshop")
    assert code == 2
    assert said
