"""The part of PostgREST's dialect that the playground speaks, in front of a database.

PostgREST is in no package registry that the tests reach; this answers the same requests by the same rules, so that the
playground's adapter meets a real server and a real database.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
from psycopg import sql
from psycopg.types.json import Json

OPERATORS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "is": "is not distinct from"}
ROLE = "sessionbook_writer"
# A part of a list: and(...) or or(...), to the last bracket; or a column with its condition.
PART = re.compile(r'(?:(and|or)\((.*)\)|([a-z_]+)\.([a-z]+\."[^"]*"))(?:,|$)')


class Rest(BaseHTTPRequestHandler):
    """One request, one transaction, as one role."""

    dsn: str

    def do_OPTIONS(self) -> None:
        self._answer(204, None)

    def do_GET(self) -> None:
        query = parse_qsl(urlsplit(self.path).query)
        order = [part.split(".") for key, value in query if key == "order" for part in value.split(",")]
        limit = next((int(value) for key, value in query if key == "limit"), None)
        self._run(
            sql.SQL("with r as (select * from {}{}{}{})").format(
                self._named("Accept-Profile"),
                _where(query),
                sql.SQL(" order by " if order else "")
                + sql.SQL(", ").join(
                    sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL("desc" if way == ["desc"] else "asc"))
                    for name, *way in order
                ),
                sql.SQL("") if limit is None else sql.SQL(" limit {}").format(limit),
            )
        )

    def do_POST(self) -> None:
        """A function by its name; its arguments get the types that it declares."""
        schema, name = self.headers["Content-Profile"], urlsplit(self.path).path.rpartition("/")[2]
        arguments = self._body()
        with psycopg.connect(self.dsn) as conn:
            types = dict(
                conn.execute(
                    "select a.name, format_type(t.oid, null) from pg_proc as p"
                    " cross join lateral unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[]) as a (name, type)"
                    " join pg_type as t on a.type = t.oid where p.pronamespace = %s::regnamespace and p.proname = %s",
                    [schema, name],
                ).fetchall()
            )
        if not types.keys() >= arguments.keys():
            self._answer(404, {"code": "PGRST202", "message": f"no function {name}", "details": None, "hint": None})
            return
        given = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(key), sql.SQL(types[key])) for key in arguments
        )
        passed = sql.SQL(", ").join(sql.SQL("{0} => a.{0}").format(sql.Identifier(key)) for key in arguments)
        source = sql.SQL("{}({}) as f").format(sql.Identifier(schema, name), passed)
        if arguments:
            body = sql.Literal(Json(arguments))
            source = sql.SQL("json_to_record({}) as a ({}) cross join lateral {}").format(body, given, source)
        self._run(sql.SQL("with r as (select f.* from {})").format(source))

    def do_PATCH(self) -> None:
        changes = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(key), sql.Literal(value)) for key, value in self._body().items()
        )
        query = parse_qsl(urlsplit(self.path).query)
        self._run(
            sql.SQL("with r as (update {} set {}{} returning *)").format(
                self._named("Content-Profile"), changes, _where(query)
            )
        )

    def _named(self, profile: str) -> sql.Identifier:
        return sql.Identifier(self.headers[profile], urlsplit(self.path).path.strip("/"))

    def _body(self) -> dict[str, Any]:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _run(self, query: sql.Composed) -> None:
        try:
            with psycopg.connect(self.dsn) as conn:
                conn.execute(sql.SQL("set role {}").format(sql.Identifier(ROLE)))
                answer = conn.execute(query + sql.SQL(" select coalesce(json_agg(r), '[]') from r")).fetchone()
        except psycopg.Error as error:
            status = int(error.sqlstate[2:]) if (error.sqlstate or "").startswith("PT") else 400
            said = error.diag
            self._answer(
                status,
                {
                    "code": error.sqlstate,
                    "message": said.message_primary,
                    "details": said.message_detail,
                    "hint": said.message_hint,
                },
            )
            return
        self._answer(200, answer[0] if answer else [])

    def _answer(self, status: int, body: object) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name in ("Origin", "Methods", "Headers"):
            self.send_header(f"Access-Control-Allow-{name}", "GET, POST, PATCH" if name == "Methods" else "*")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def _where(query: list[tuple[str, str]]) -> sql.Composed:
    conditions = [
        _joined("or", value) if key == "or" else _condition(key, value)
        for key, value in query
        if key not in ("order", "limit")
    ]
    return sql.SQL(" where " if conditions else "") + sql.SQL(" and ").join(conditions)


def _joined(word: str, listed: str) -> sql.Composed:
    """What `or=(...)` and `and(...)` join."""
    parts: list[sql.Composed] = []
    for nested, inner, column, condition in PART.findall(listed.removeprefix("(").removesuffix(")")):
        parts.append(_joined(nested, inner) if nested else _condition(column, condition.replace('"', "")))
    return sql.SQL("({})").format(sql.SQL(f" {word} ").join(parts))


def _condition(column: str, value: str) -> sql.Composed:
    operator, _, operand = value.partition(".")
    shown = sql.SQL(operand) if operator == "is" else sql.Literal(operand)
    return sql.SQL("{} {} {}").format(sql.Identifier(column), sql.SQL(OPERATORS[operator]), shown)


@contextmanager
def serving(dsn: str) -> Iterator[str]:
    """Serves a database; its address."""
    handler = type("Handler", (Rest,), {"dsn": dsn})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
