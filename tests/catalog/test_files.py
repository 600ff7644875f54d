"""Every object has the file that bears its name, and every file its object."""

from __future__ import annotations

import re

import psycopg

from support.catalog import FUNCTIONS, RELATIONS, TRIGGERS, none_of, rows
from support.sources import migrations, routines, sources, units


def test_functions_and_files_match(installed: psycopg.Connection) -> None:
    filed = {(source.unit, source.name) for source in sources("functions")}
    # Schema, not repeatable: functions that indexes, checks, defaults and generated columns use.
    migrated = {(source.unit, routine.name) for source in migrations() for routine in routines(source)}
    live = {(row["schema"], row["name"]) for row in rows(installed, FUNCTIONS, units())}
    none_of(
        [f"{unit}.{name}: a file, no function" for unit, name in filed - live]
        + [f"{unit}.{name}: a function, no file" for unit, name in live - filed - migrated]
        + [f"{unit}.{name}: in a migration and in a file" for unit, name in filed & migrated],
        "sql/functions/<unit>/<name>.sql makes the function <name>",
    )


def test_a_function_file_makes_its_own_function_only() -> None:
    none_of(
        [
            f"{source}: creates {routine.name}"
            for source in sources("functions")
            for routine in routines(source)
            if routine.name.removeprefix("lifecycle.") != source.name
        ]
        + [f"{source}: creates nothing" for source in sources("functions") if not routines(source)],
        "one object a file, overloads together",
    )


def test_views_and_files_match(installed: psycopg.Connection) -> None:
    filed = {(source.unit, source.name) for source in sources("views")}
    live = {(row["schema"], row["name"]) for row in rows(installed, RELATIONS, units()) if row["kind"] in "vm"}
    none_of(
        [f"{unit}.{name}: a file, no view" for unit, name in filed - live]
        + [f"{unit}.{name}: a view, no file" for unit, name in live - filed],
        "sql/views/<unit>/<name>.sql makes the view <name>",
    )


def test_triggers_and_files_match(installed: psycopg.Connection) -> None:
    filed = {(source.unit, source.name) for source in sources("triggers")}
    live = {
        (row["schema"], f"{row['table']}.{re.sub(r'^zz_[0-9]{3}_', '', row['name'])}")
        for row in rows(installed, TRIGGERS, units())
    }
    none_of(
        [f"{unit}.{name}: a file, no trigger" for unit, name in filed - live]
        + [f"{unit}.{name}: a trigger, no file" for unit, name in live - filed],
        "sql/triggers/<unit>/<table>.<task>.sql makes the trigger zz_NNN_<task> on <table>",
    )


def test_triggers_are_numbered(installed: psycopg.Connection) -> None:
    none_of(
        [
            f"{row['schema']}.{row['table']}: {row['name']}"
            for row in rows(installed, TRIGGERS, units())
            if not re.fullmatch(r"zz_[0-9]{3}_[a-z0-9_]+", row["name"])
        ],
        "triggers fire in the order of their names, after an application's own: zz_NNN_<task>",
    )


def test_repeatables_can_be_repeated() -> None:
    none_of(
        [
            f"{source}: {statement.group(0)}"
            for kind in ("functions", "views", "triggers")
            for source in sources(kind)
            for statement in re.finditer(
                r"^(create (?!or replace)\w+ \w+|drop \w+ \w+|alter table (?!\w+ enable always trigger)\w+)",
                source.code,
                re.MULTILINE,
            )
        ],
        "repeatables are create or replace only",
    )
