"""docs/http.md says of the endpoints what the catalog says."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.rows import dict_row

from support.catalog import none_of
from support.sources import ROOT

PAGE = (ROOT / "docs" / "http.md").read_text()
ROWS = re.findall(r"^\| `[A-Z]+ /[^`]*` \| `(GET|POST) /rpc/(\w+)` \| (.*) \|$", PAGE, re.MULTILINE)
EXAMPLES = re.findall(r"^curl .*?(?=\n\n|^curl|^```)", PAGE, re.MULTILINE | re.DOTALL)

FUNCTIONS = """
select p.proname as name, p.provolatile <> 'v' as reads, obj_description(p.oid, 'pg_proc') as comment,
    (select array_agg(a.name order by a.place) from unnest(p.proargnames) with ordinality as a (name, place)
     where a.place <= p.pronargs) as arguments,
    p.pronargs - p.pronargdefaults as needed
from pg_catalog.pg_proc as p
where p.pronamespace = 'training'::regnamespace
"""


@dataclass
class Function:
    """What the catalog says of an endpoint."""

    name: str
    reads: bool
    comment: str
    arguments: list[str]
    needed: int


@pytest.fixture(scope="module")
def functions(installed: psycopg.Connection) -> dict[str, Function]:
    with installed.cursor(row_factory=dict_row) as cursor:
        return {row["name"]: Function(**row) for row in cursor.execute(FUNCTIONS).fetchall()}


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    """Status by key, as docs/errors.md has them."""
    registry = (ROOT / "docs" / "errors.md").read_text()
    return dict(re.findall(r"^\| `(\w+)` \| PT(\d{3}) \|", registry, re.MULTILINE))


def test_rows_are_found() -> None:
    assert len(ROWS) == len(re.findall(r"^\| `[A-Z]+ /", PAGE, re.MULTILINE)) > 0


def test_method_is_get_where_the_function_only_reads(functions: dict[str, Function]) -> None:
    none_of((name for method, name, _ in ROWS if functions[name].reads != (method == "GET")), "GET reads, POST writes")


def test_refusals_are_those_of_the_function(functions: dict[str, Function], keys: dict[str, str]) -> None:
    problems = []
    for _, name, refusals in ROWS:
        said = set()
        for group in refusals.split("; "):
            said |= {(group[:3], key) for key in re.findall(r"`(\w+)`", group)}
        raised = {
            (keys[word], word)
            for word in re.findall(r"\w+", functions[name].comment.split("Raises")[-1])
            if word in keys
        }
        problems += [f"{name}: {status} {key}" for status, key in said ^ raised]
    none_of(problems, "the page and the function's comment name the same keys, each with its status")


def test_examples_call_functions_as_they_are(functions: dict[str, Function]) -> None:
    problems, found = [], 0
    for example in EXAMPLES:
        called = re.search(r"/rpc/(\w+)", example)
        if called is None:
            continue
        found += 1
        function = functions[called[1]]
        body = re.search(r"-d '(\{.*\})'", example, re.DOTALL)
        given = set(json.loads(body[1]) if body else re.findall(r"-d (p_\w+)=", example))
        needed = set(function.arguments[: function.needed])
        if not needed <= given <= set(function.arguments):
            problems.append(f"{function.name}: {', '.join(sorted(given))}")
    none_of(problems, "an example gives what is needed and nothing that is not there")
    assert found > 0


def test_examples_read_what_is_there(installed: psycopg.Connection) -> None:
    columns = installed.execute(
        "select c.relname, a.attname from pg_attribute as a join pg_class as c on c.oid = a.attrelid"
        " where c.relnamespace = 'training'::regnamespace and c.relkind in ('r', 'v')"
    ).fetchall()
    read = {
        (resource, column)
        for example in EXAMPLES
        for resource in re.findall(r"http://[\w.:]+/(?!rpc/)(\w+)", example)
        for column in re.findall(r"(?:[?&]|-d )(\w+)=\w+\.", example)
    }
    assert read
    none_of((f"{resource}.{column}" for resource, column in read - set(columns)), "an example filters by a column")
