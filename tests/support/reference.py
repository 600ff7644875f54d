"""docs/reference/, drawn from the catalog: the API first, then read models, tables, statuses. Also docs/llms.txt.

`make reference` writes what a fresh install of the package has; so does `make schema-dump`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from support.examples import UNITS as EXAMPLES
from support.examples import examples, story
from support.sources import ROOT

DOCS = ROOT / "docs"
UNITS = ("workshop", "tutoring", "training", "lifecycle")
NOTE = "<!-- Drawn from the catalog by `make reference`; a test holds it equal. -->\n"
ROLES = ("app", "writer", "courier", "clock", "reader", "monitor", "common")

FUNCTIONS = """
select p.proname as name, p.prokind::text as kind, pg_get_function_arguments(p.oid) as arguments,
    pg_get_function_result(p.oid) as result, obj_description(p.oid, 'pg_proc') as comment,
    array(
        select r.role from unnest(%(roles)s::text[]) with ordinality as r (role, place)
        where exists (
            select from aclexplode(p.proacl) as a
            where a.grantee = to_regrole('sessionbook_' || r.role) and a.privilege_type = 'EXECUTE'
        )
        order by r.place
    ) as roles
from pg_proc as p
where p.pronamespace = %(unit)s::regnamespace and p.proname not like '\\_%%' and p.prorettype <> 'trigger'::regtype
order by p.proname, pg_get_function_identity_arguments(p.oid)
"""

RELATIONS = """
select c.relname as name, c.relkind::text as kind,
    coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type')) as comment,
    (
        select jsonb_agg(jsonb_build_object(
            'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
            'comment', col_description(c.oid, a.attnum),
            'on_insert', case
                when a.attidentity <> '' then 'numbered'
                when a.atthasdef then (
                    select pg_get_expr(d.adbin, d.adrelid)
                    from pg_attrdef as d where d.adrelid = c.oid and d.adnum = a.attnum
                )
                when a.attnotnull then 'required'
            end,
            'key', exists(
                select from pg_constraint as k
                where k.conrelid = c.oid and k.contype = 'p' and a.attnum = any(k.conkey)
            )
        ) order by a.attnum)
        from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) as columns,
    array(
        select r.role from unnest(%(roles)s::text[]) with ordinality as r (role, place)
        where exists (
            select from aclexplode(c.relacl) as a
            where a.grantee = to_regrole('sessionbook_' || r.role) and a.privilege_type = 'INSERT'
        )
        order by r.place
    ) as writers,
    array(
        select r.role from unnest(%(roles)s::text[]) with ordinality as r (role, place)
        where exists (
            select from pg_attribute as t
            cross join lateral aclexplode(array_cat(c.relacl, t.attacl)) as a
            where t.attrelid = c.oid
                and a.grantee = to_regrole('sessionbook_' || r.role) and a.privilege_type = 'SELECT'
        )
        order by r.place
    ) as readers
from pg_class as c
where c.relnamespace = %(unit)s::regnamespace and c.relkind in ('r', 'v', 'c')
order by c.relname
"""

REFERENCES = """
select distinct t.relname as child, p.relname as parent
from pg_constraint as k
inner join pg_class as t on k.conrelid = t.oid
inner join pg_class as p on k.confrelid = p.oid
where k.contype = 'f' and t.relnamespace = %(unit)s::regnamespace
order by 1, 2
"""


def pages(conn: psycopg.Connection) -> dict[Path, str]:
    """Every page with its text."""
    drawn = {DOCS / "reference" / f"{unit}.md": _page(conn, unit) for unit in UNITS}
    drawn[DOCS / "llms.txt"] = _index(conn)
    return drawn


def write(conn: psycopg.Connection) -> list[Path]:
    """Writes them all; where."""
    drawn = pages(conn)
    for path, text in drawn.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return list(drawn)


def _rows(conn: psycopg.Connection, query: str, unit: str) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, {"unit": unit, "roles": list(ROLES)}).fetchall()


def _page(conn: psycopg.Connection, unit: str) -> str:
    schema = conn.execute("select obj_description(%s::regnamespace, 'pg_namespace')", [unit]).fetchone()
    assert schema is not None
    functions = _rows(conn, FUNCTIONS, unit)
    shown = examples(unit)
    relations = _rows(conn, RELATIONS, unit)
    views = [row for row in relations if row["kind"] == "v"]
    tables = [row for row in relations if row["kind"] == "r"]
    types = [row for row in relations if row["kind"] == "c"]
    sections = [
        f"# `{unit}`\n",
        NOTE,
        _first_line(schema[0]) + "\n",
        "Functions first, then views to read, tables, how each status moves, events and settings. Examples are parts of"
        " one story, with `search_path` set to the schema. The role `sessionbook_reader` sees no personal columns."
        " Errors: [errors.md](../errors.md).\n",
        *_first_rows(unit),
        "## Functions\n",
        *(_function(unit, row, shown.get(row["name"])) for row in functions if row["roles"]),
        "## Functions for the owner\n",
        *(_function(unit, row, None) for row in functions if not row["roles"]),
        "## Views\n",
        *(_relation(row) for row in views),
        "## Tables\n",
        *_diagram(conn, unit, tables),
        *(_relation(row) for row in tables),
        *(["## Types\n", *(_relation(row) for row in types)] if types else []),
        *_statuses(conn, unit),
        *_events(conn, unit),
        *_settings(conn, unit),
    ]
    return "\n".join(sections).rstrip() + "\n"


def _function(unit: str, row: dict[str, Any], example: str | None) -> str:
    arguments = re.split(r", (?=p_)", row["arguments"]) if row["arguments"] else []
    arguments = [re.sub(r"DEFAULT (.*?)(::[a-z ]+)?$", r"default \1", argument) for argument in arguments]
    inside = ",\n".join(f"    {argument}" for argument in arguments)
    call = f"{unit}.{row['name']}({f'{chr(10)}{inside}{chr(10)}' if inside else ''})"
    result = "" if row["kind"] == "p" else f"\nreturns {row['result']}"
    roles = _named(row["roles"]) or "the owner"
    shown = f"\n```sql\n{example}\n```\n" if example else ""
    text = f"{_sentences(row['comment'])}\n\nMay call it: {roles}.\n"
    return f"### `{row['name']}`\n\n```\n{call}{result}\n```\n\n{text}{shown}"


def _sentences(comment: str) -> str:
    """The comment's parts, each a paragraph: what it does, arguments as a list, returns, raises."""
    text = " ".join(comment.split())
    for word in ("Returns ", "Raises "):
        text = text.replace(f". {word}", f".\n\n{word}", 1)
    found = re.search(r"(?<=[.:;] )(p_\w+(?:, p_\w+)*: .*?)(?=\.\n\n|\.$)", text, re.S)
    if found:
        items = re.split(r"; (?=p_\w+(?:, p_\w+)*: )", found[1])
        listed = "\n".join("- " + re.sub(r"\bp_\w+", lambda name: f"`{name[0]}`", item, count=1) for item in items)
        text = f"{text[: found.start()].rstrip()}\n\n{listed}{text[found.end() + 1 :]}"
    return text


def _first_rows(unit: str) -> Iterator[str]:
    """What functions need and do not make."""
    if unit in EXAMPLES:
        yield "## First rows\n"
        yield "Functions do not make these: an application inserts them, as `sessionbook_writer`."
        yield f"\n```sql\n{story(unit)[0].text}\n```\n"


def _named(roles: list[str]) -> str:
    if "common" in roles:
        return "every role of Sessionbook"
    return ", ".join(f"`sessionbook_{role}`" for role in roles)


def _relation(row: dict[str, Any]) -> str:
    """If applications may write it, also what a column takes that an insert leaves out."""
    columns = [
        f"| `{column['name']}` | {column['type']} |{f' {_on_insert(column)} |' if row['writers'] else ''}"
        f" {_cell(column['comment'])} |"
        for column in row["columns"]
    ]
    titles = ["column", "type", *(["on insert"] if row["writers"] else []), ""]
    head = [f"| {' | '.join(titles)}|", "|---" * len(titles) + "|"]
    parts = [f"### `{row['name']}`", _cell(row["comment"]), "\n".join([*head, *columns])]
    if row["kind"] != "c":
        written = f" May write it: {_named(row['writers'])}." if row["writers"] else ""
        parts.append(f"May read it: {_named(row['readers']) or 'the owner'}.{written}")
    return "\n\n".join(parts) + "\n"


def _on_insert(column: dict[str, Any]) -> str:
    """Required, or what it is by default; nothing: null, or what a trigger makes of other columns."""
    if column["on_insert"] == "required":
        return "" if re.search(r"; follows |left out on insert", column["comment"]) else "required"
    value = re.sub(r"::[\w. ]+$", "", column["on_insert"] or "")
    return f"`{value}`" if value and value != "numbered" else value


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _diagram(conn: psycopg.Connection, unit: str, tables: list[dict[str, Any]]) -> Iterator[str]:
    references = _rows(conn, REFERENCES, unit)
    if not references:
        return
    yield "```mermaid"
    yield "erDiagram"
    for row in references:
        yield f"    {row['parent']} ||--o{{ {row['child']} : has"
    named = {row["parent"] for row in references} | {row["child"] for row in references}
    for table in tables:
        if table["name"] in named:
            keys = [column for column in table["columns"] if column["key"]]
            yield f"    {table['name']} {{"
            for column in keys:
                yield f"        {re.sub(r'[^a-z0-9]+', '_', column['type'])} {column['name']} PK"
            yield "    }"
    yield "```\n"


def _statuses(conn: psycopg.Connection, unit: str) -> Iterator[str]:
    if unit == "lifecycle":
        return
    rows = conn.execute(
        f"select machine, from_status::text, to_status::text, string_agg(cause, ', ' order by cause)"
        f" from {unit}.status_rules group by 1, 2, 3 order by 1, 2, 3"
    ).fetchall()
    yield "## Statuses\n"
    yield "Who may make a move: a person, the seat counter (seats) or the clock.\n"
    for machine in sorted({row[0] for row in rows}):
        yield f"### {machine.partition('.')[2].capitalize()}\n"
        yield "```mermaid"
        yield "stateDiagram-v2"
        for _, before, after, causes in (row for row in rows if row[0] == machine):
            yield f"    {before or '[*]'} --> {after or '[*]'} : {causes}"
        yield "```\n"


def _events(conn: psycopg.Connection, unit: str) -> Iterator[str]:
    """What kinds there are: a status that is reached, or what a function or trigger names."""
    if unit == "lifecycle":
        return
    moves = conn.execute(
        f"select split_part(machine, '.', 2) || '.' || lower(to_status::text) from {unit}.status_rules"
        " where from_status is not null and to_status is not null"
    ).fetchall()
    sources = conn.execute(
        "select p.prosrc from pg_proc as p"
        " where p.pronamespace = %s::regnamespace and p.prosrc like '%%into pending_events%%'",
        [unit],
    ).fetchall()
    keys = {kind: "`from`, `to`, `cause`" for (kind,) in moves}
    for (source,) in sources:
        for insert in source.split("into pending_events")[1:]:
            before, _, rest = insert.partition("jsonb_build_object")
            built = re.match(r"\(((?:[^()]|\([^()]*\))*)\)", rest)
            # A payment is named by its own kind.
            before = before.replace("new.kind || '.recorded'", "'payment.recorded' 'refund.recorded'")
            if built:
                named = ", ".join(f"`{key}`" for key in re.findall(r"'(\w+)', ", built[1]))
                keys.update(dict.fromkeys(re.findall(r"'([a-z_]+\.[a-z_]+)'", before), named))
    subject = {
        "workshop": "the session, run, order, enrollment, waiting list entry, payment or refund",
        "tutoring": "the session",
        "training": "the session, also of an attendee",
    }[unit]
    yield "## Events\n"
    yield f"What `read_events()` returns. `subject_id` is the key of {subject}. `payload` has the keys of its kind:\n"
    yield "| kind | payload |\n|---|---|"
    yield "\n".join(f"| `{kind}` | {keys[kind]} |" for kind in sorted(keys)) + "\n"


def _settings(conn: psycopg.Connection, unit: str) -> Iterator[str]:
    yield "## Settings\n"
    if unit != "lifecycle":
        yield "One row in table `settings`, listed above, written by the owner: `update settings set ...`.\n"
        return
    yield "Rows of table `settings`, written by the owner: `update settings set value = ... where key = ...`.\n"
    rows = conn.execute("select key, kind, value, comment from lifecycle.settings order by key").fetchall()
    table = [f"| `{key}` | {kind} | {value} | {_cell(comment)} |" for key, kind, value, comment in rows]
    yield "\n".join(["| key | kind | at first | |", "|---|---|---|---|", *table]) + "\n"


def _first_line(text: str) -> str:
    return text.splitlines()[0]


def _index(conn: psycopg.Connection) -> str:
    lines = [
        "# Sessionbook",
        "",
        "> Session scheduling inside PostgreSQL: applications call functions and read views. One schema a unit. Errors",
        "> have SQLSTATE PT400, PT404 or PT409 and a stable key, as the constraint and in the detail's first line.",
        "",
        "- [README](../README.md)",
        "- [Tutorial](tutorial.md)",
        "- [Poolers](poolers.md)",
        "- [Testing your application](testing.md)",
        "- [Errors](errors.md)",
        "- [Over HTTP](http.md)",
        "- [Deploying](deploying.md)",
        "- [Operations](operations.md)",
        "- [Several servers](fleet.md)",
        "- [Restore, copy, upgrade the server](restore.md)",
        "- [Security](security.md)",
        "- [Personal data](personal-data.md)",
    ]
    for unit in UNITS:
        lines += ["", f"## [{unit}](reference/{unit}.md)", ""]
        for row in _rows(conn, FUNCTIONS, unit):
            if row["roles"]:
                summary = re.split(r"(?<=[.])\s|[:;]", " ".join(str(row["comment"]).split()), maxsplit=1)[0]
                names = ", ".join(re.findall(r"\bp_\w+", row["arguments"]))
                lines.append(f"- {unit}.{row['name']}({names}): {summary}")
        lines += [
            f"- view {unit}.{row['name']}: {' '.join(str(row['comment']).split())}"
            for row in _rows(conn, RELATIONS, unit)
            if row["kind"] == "v"
        ]
    return "\n".join(lines) + "\n"
