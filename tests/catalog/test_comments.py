"""Everything has a comment: the reference is generated from them."""

from __future__ import annotations

import re

import psycopg

from support.catalog import FUNCTIONS, UNCOMMENTED, none_of, rows, schemas
from support.sources import raises, sources, units


def test_everything_has_a_comment(installed: psycopg.Connection) -> None:
    none_of([row["what"] for row in rows(installed, UNCOMMENTED)], "comment on is missing")


def test_every_schema_is_there(installed: psycopg.Connection) -> None:
    live = {row[0] for row in installed.execute("select nspname from pg_catalog.pg_namespace").fetchall()}
    none_of(set(schemas()) - live, "a default install makes a schema for each unit and one for its bookkeeping")


def test_function_comments_name_their_arguments(installed: psycopg.Connection) -> None:
    none_of(
        [
            f"{row['signature']}: {argument}"
            for row in rows(installed, FUNCTIONS, units())
            for argument in row["arguments"]
            if not re.search(rf"\b{re.escape(argument)}\b", row["comment"] or "")
        ],
        "a function's comment says what each argument is",
    )


def test_function_comments_name_the_keys_they_raise(installed: psycopg.Connection) -> None:
    comments: dict[tuple[str, str], str] = {}
    for row in rows(installed, FUNCTIONS):
        place = (row["schema"], row["name"])
        comments[place] = f"{comments.get(place, '')} {row['comment'] or ''}"
    none_of(
        [
            f"{source}: {one.option('errcode')} {key}"
            for source in sources("functions")
            for one in raises(source)
            if (key := one.option("constraint"))
            and not re.search(rf"\b{key}\b", comments.get((source.unit, source.name), ""))
        ],
        "a function's comment says what it raises",
    )


def test_comments_are_of_this_object() -> None:
    """A pasted comment would overwrite another object's."""
    none_of(
        [
            f"{source}: {found.group(0)}"
            for source in sources("functions")
            for found in re.finditer(r"\bcomment on (?:function|procedure) ([\w.]+)", source.code)
            if found.group(1).removeprefix("lifecycle.") != source.name
        ],
        "a file comments on its own object",
    )
