"""The command, its plan and its questions."""

import os
import pty
import subprocess
import sys

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from support.adoption import everything

ADOPT = ("adopt", "workshop", "--from", "public")


def test_plan_writes_nothing(shop):
    """On a read-only connection, also where every transaction is one by default, and without a lock."""
    before = everything(shop.conn)
    with psycopg.connect(shop.dsn) as reader:
        reader.execute("lock table items in row exclusive mode")
        plan = shop.plan()
    assert plan.possible
    assert everything(shop.conn) == before
    shop.dsn = make_conninfo(shop.dsn, options="-c default_transaction_read_only=on")
    assert shop.plan() == plan
    assert everything(shop.conn) == before


def test_plan_says_what_is_done(shop):
    shop.run("alter table items drop constraint items_price_check")
    plan = shop.plan()
    result = shop.adopt()
    assert result.plan == plan
    assert (plan.version, plan.pending[-1], plan.moved) == ("0001_base", "0004_settings", ["items", "parts"])
    assert plan.completed == ["constraint items_price_check on items"]
    assert "alter table public.items set schema workshop" in plan.statements


def test_plan_for_people_and_machines(shop, command):
    shop.run("insert into items (label, kind) values ('d', '')")
    said = command(*ADOPT, "--plan", "--dsn", shop.dsn)
    assert said.returncode == 4
    assert "items_kind_check" in said.stdout
    answer = command.json(*ADOPT, "--plan", "--dsn", shop.dsn)
    assert (answer["exit_code"], answer["possible"], answer["broken"][0]["rows"]) == (4, False, 1)
    shop.run("delete from items where kind = ''")
    assert command(*ADOPT, "--plan", "--dsn", shop.dsn).returncode == 0


def test_with_yes_it_is_done_unasked(shop, command):
    answer = command.json(*ADOPT, "--yes", "--dsn", shop.dsn)
    assert (answer["exit_code"], answer["adopted"]) == (0, True)
    assert answer["plan"]["repaired"][0]["rows"] == 1
    assert shop.again("select count(*) from items") == [(3,)]


def test_without_a_terminal_and_yes_nothing_is_done(shop, command):
    before = everything(shop.conn)
    said = command(*ADOPT, "--dsn", shop.dsn)
    assert said.returncode == 2
    assert "moves: items" in said.stderr
    assert everything(shop.conn) == before


@pytest.mark.parametrize(("answer", "code", "there"), [(b"y\n", 0, False), (b"n\n", 2, True)])
def test_the_answer_counts(shop, answer, code, there):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "sessionbook", *ADOPT, "--sql-root", str(shop.tree.root), "--dsn", shop.dsn],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        os.write(ours, answer)
        process.communicate(timeout=60)
        assert process.returncode == code
    os.close(ours)
    os.close(theirs)
    assert shop.one("select to_regclass('public.items') is not null") is there


def test_refusal_is_exit_4_with_everything_named(shop, command):
    shop.run("alter table items alter column label type varchar(9); alter table parts add column seen boolean")
    answer = command.json(*ADOPT, "--yes", "--dsn", shop.dsn)
    assert answer["exit_code"] == 4
    assert len(answer["plan"]["blockers"]) == 2
    said = command(*ADOPT, "--yes", "--dsn", shop.dsn)
    assert "items.label" in said.stderr
    assert "parts.seen" in said.stderr


def test_no_such_tables_is_exit_2(shop, command):
    shop.run("create schema empty")
    assert command("adopt", "workshop", "--from", "empty", "--dsn", shop.dsn).returncode == 2


def test_unknown_unit_is_exit_2(shop, command):
    assert command("adopt", "nothing", "--from", "public", "--dsn", shop.dsn).returncode == 2


def test_sql_error_is_exit_1_and_names_file_and_state(shop, command):
    shop.tree.write(
        "migrations/workshop/0005_last.sql",
        "-- depends: 0004_settings\n\nselect 1 / (1 - count(*)) from items having count(*) > 0;",
    )
    shop.run("delete from items where id > 1")
    answer = command.json(*ADOPT, "--yes", "--dsn", shop.dsn)
    assert (answer["exit_code"], answer["sqlstate"], answer["file"]) == (
        1,
        "22012",
        "migrations/workshop/0005_last.sql",
    )
    assert shop.one("select to_regclass('public.items') is not null")


def test_broken_directive_is_named(shop, command):
    shop.tree.write("migrations/workshop/0005_last.sql", "-- depends: 0004_settings\n-- repairs: items\n\nselect 1;")
    said = command(*ADOPT, "--plan", "--dsn", shop.dsn)
    assert said.returncode == 2
    assert "0005_last" in said.stderr


def test_steps_are_told(shop):
    told = []
    shop.adopt(progress=lambda what, done, total: told.append((what, done <= total)))
    assert all(fits for _, fits in told)
    assert {"workshop: taking over 2 tables", "workshop: 0004_settings"} <= {what for what, _ in told}
