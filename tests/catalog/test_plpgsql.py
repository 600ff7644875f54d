"""plpgsql_check finds nothing in any function body."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from support.catalog import FUNCTIONS, TRIGGERS, none_of, rows, schemas
from support.choice import need_extension
from support.server import Server

CHECK = """
select c.level, c.lineno, c.message, c.detail, c.hint
from public.plpgsql_check_function_tb(
    funcoid => %(function)s::oid, relid => %(relation)s::oid, oldtable => %(old)s::name, newtable => %(new)s::name,
    fatal_errors => false, security_warnings => true
) as c
"""
NOT_A_TRIGGER = {"schema": "", "table": "", "tgrelid": 0, "tgoldtable": None, "tgnewtable": None}


@pytest.fixture(scope="module")
def checked(server: Server, template: str) -> Iterator[psycopg.Connection]:
    need_extension(server, "plpgsql_check")
    name = server.create_database(template)
    with psycopg.connect(server.dsn(name), autocommit=True) as conn:
        conn.execute("create extension plpgsql_check schema public")
        yield conn
    server.drop_database(name)


def _findings(conn: psycopg.Connection, function: dict[str, Any], trigger: dict[str, Any]) -> list[str]:
    where = function["signature"] + (f" on {trigger['schema']}.{trigger['table']}" if trigger["tgrelid"] else "")
    arguments = {
        "function": function["oid"],
        "relation": trigger["tgrelid"],
        "old": trigger["tgoldtable"],
        "new": trigger["tgnewtable"],
    }
    return [
        f"{where}, line {line}: {level}: {message} {detail or ''} {hint or ''}".rstrip()
        for level, line, message, detail, hint in conn.execute(CHECK, arguments).fetchall()
        # To run text that it is given is what the deploy engine is for; nobody but its owner may call it.
        if (function["schema"], level) != ("sessionbook", "security")
    ]


def test_bodies_are_sound(checked: psycopg.Connection) -> None:
    triggers = defaultdict(list)
    for trigger in rows(checked, TRIGGERS):
        triggers[trigger["tgfoid"]].append(trigger)
    problems: list[str] = []
    for function in rows(checked, FUNCTIONS):
        if function["language"] != "plpgsql":
            continue
        # A body without a search_path of its own is checked with the one that it is called under.
        checked.execute("select set_config('search_path', %s, false)", [function["schema"]])
        for trigger in triggers[function["oid"]] if function["is_trigger"] else [NOT_A_TRIGGER]:
            problems += _findings(checked, function, trigger)
    none_of(problems, "plpgsql_check found")


def test_trigger_functions_have_triggers(installed: psycopg.Connection) -> None:
    used = {row["tgfoid"] for row in rows(installed, TRIGGERS, schemas())}
    none_of(
        [
            row["signature"]
            for row in rows(installed, FUNCTIONS)
            # Has its triggers while an installation moves; tests/runner/move.
            if row["is_trigger"] and row["oid"] not in used and row["signature"] != "lifecycle.refuse_moved()"
        ],
        "a trigger function that no trigger calls is neither checked nor needed",
    )
