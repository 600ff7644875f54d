"""An installation whose rows browsers read by the claims of their tokens."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any

import psycopg
from psycopg import sql
from sessionbook.deploy import apply
from sessionbook.package import default_root

from support.clients import newest
from support.server import Server
from support.tenants import prefixes


def no_claims(name: str, value: str) -> list[dict[str, Any]]:
    """Claims that look like one that names somebody, and name nobody."""
    digits = int(value) if value.isdecimal() else 55500001
    kinds: list[Any] = ["", " ", "%", "_", None, True, digits, digits * 1.0, [value], [[value]], {"value": value}]
    texts = [f" {value}", f"{value} ", f"\t{value}", f"{value}\n", f"{value}\u0660", f"{value},{value}"]
    return [{}, *({name: claim} for claim in kinds + texts), {"user": {name: value}}, {name.upper(): value}]


Claims = dict[str, Any] | str | None

RELATIONS = """
select c.relname::text, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
from pg_class as c
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'v')
    and has_column_privilege(%s, c.oid, a.attnum, 'select')
group by c.oid
"""
# What a browser may make and set of its own, to be found in place of ours.
BAIT = """
create temp table sessions (id text);
create temp table session_attendees (session_id text, personnel_id text);
create temp table enrolled_courses (id text, student_id text, tutor_id text);
create function pg_temp.claim(text) returns text language sql return 'x';
create function pg_temp.agrees(text, text) returns boolean language sql return true;
create operator pg_temp.= (function = pg_temp.agrees, leftarg = text, rightarg = text);
set local transform_null_equals = on;
set local datestyle = 'German';
"""
CALLS = """
select p.oid::regproc::text, p.proargtypes::regtype[]::text[]
from pg_proc as p
where p.pronamespace = current_schema()::regnamespace and has_function_privilege(%s, p.oid, 'execute')
"""


class Browsed:
    """A schema with policies, and what roles of browsers read and are told there."""

    def __init__(self, dsn: str, schema: str, prefix: str) -> None:
        self.dsn = dsn
        self.schema = schema
        self.prefix = prefix
        self.conn = psycopg.connect(dsn)
        self.conn.execute(sql.SQL("set search_path = {}").format(sql.Identifier(schema)))

    def browse(self, kind: str, claims: Claims) -> None:
        """As PostgREST begins each request."""
        text = claims if isinstance(claims, str) or claims is None else json.dumps(claims)
        self.conn.execute("select set_config('request.jwt.claims', %s, true)", [text])
        self.conn.execute(sql.SQL("set local role {}").format(sql.Identifier(f"{self.prefix}_{kind}")))

    def counts(self, kind: str, claims: Claims) -> dict[str, int]:
        """Rows of each relation that the role may read."""
        relations = self.conn.execute(RELATIONS, [f"{self.prefix}_{kind}"]).fetchall()
        self.browse(kind, claims)
        found = {name: self.rows(f"select {columns} from {name}") for name, columns in relations}
        self.conn.rollback()
        return {name: len(rows) for name, rows in found.items()}

    def baited(self, kind: str, claims: Claims) -> list[int]:
        """How many sessions the role reads with bait in front of ours, path by path."""
        self.browse(kind, claims)
        self.conn.execute(BAIT.encode())
        found = []
        for path in (f"pg_temp, {self.schema}", f"{self.schema}, pg_temp, pg_catalog"):
            self.conn.execute(f"set local search_path = {path}".encode())
            found.append(len(self.rows(f"select id from {self.schema}.sessions")))
        self.conn.rollback()
        return found

    def shown(self, kind: str, claims: Claims, values: dict[str, Sequence[str]]) -> str:
        """Everything that the role can read or be told, relation by relation, and call by call with each of the values,
        which are literals by type."""
        role = f"{self.prefix}_{kind}"
        queries = [f"select {columns} from {name}" for name, columns in self.conn.execute(RELATIONS, [role])]
        for name, kinds in self.conn.execute(CALLS, [role]).fetchall():
            for given in product(*(values.get(kind, [f"null::{kind}"]) for kind in kinds)):
                queries.append(f"select * from {name}({', '.join(given)})")
        self.browse(kind, claims)
        text = []
        for query in queries:
            try:
                with self.conn.transaction():
                    text.append(str(self.rows(query)))
            except psycopg.Error as error:
                text.append(f"{error} {error.diag.message_detail} {error.diag.message_hint}")
        self.conn.rollback()
        return "\n".join(text)

    def rows(self, query: str) -> list[Any]:
        """Rows of a query."""
        return self.conn.execute(query.encode()).fetchall()


def files(unit: str) -> str:
    """The text that opens a unit, as docs/http.md has it."""
    folder = default_root() / "policies"
    return "".join((folder / f"{name}.sql").read_text() for name in ("browsers", unit))


@contextmanager
def installed(server: Server, template: str, unit: str, tenant: bool) -> Iterator[tuple[str, str, str]]:
    """A database with a unit: its connection string, the schema, and the beginning of its roles."""
    with prefixes(server) as made:
        database = server.create_database(template)
        dsn = server.dsn(database)
        schema, prefix = (made[0], made[0]) if tenant else (unit, "sessionbook")
        if tenant:
            apply(dsn, units=[unit], schemas={unit: schema}, currency="KWD", timezone="UTC")
        yield dsn, schema, prefix
        server.drop_database(database)
        for kind in ("student", "creator", "tutor", "trainer", "attendee") if tenant else ():
            server.admin.execute(f"drop role if exists {prefix}_{kind}".encode())


def open_to_browsers(dsn: str, schema: str, unit: str) -> None:
    """Runs the files as docs/http.md has it, and again."""
    with psycopg.connect(dsn) as conn:
        conn.execute("select sessionbook.add(%s, %s, %s)", [schema, f"policies/{unit}.sql", files(unit)])
    subprocess.run(
        [newest("psql"), "-X", "-v", "ON_ERROR_STOP=1", "-v", f"file={files(unit)}", "-d", dsn],
        input=f"select sessionbook.add('{schema}', 'policies/{unit}.sql', :'file');",
        check=True,
        text=True,
        capture_output=True,
    )
