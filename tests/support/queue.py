"""A waiting list as its callers see it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from support.market import Market


def call(conn: psycopg.Connection, function: str, *args: Any, **named: Any) -> dict[str, Any]:
    """The only row of a function of schema workshop."""
    places = ", ".join(["%s"] * len(args) + [f"p_{key} => %s" for key in named])
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(f"select * from workshop.{function}({places})".encode(), [*args, *named.values()])
        (row,) = cursor.fetchall()
    return row


def join(conn: psycopg.Connection, session: UUID, name: str, **named: Any) -> UUID:
    """Somebody begins to wait, with an e-mail address and a phone of their own."""
    named = {"student_phone": f"+965 {name}", **named}
    row = call(conn, "join_waitlist", session, name, f"{name.lower()}@example.org", **named)
    entry: UUID = row["id"]
    return entry


def queue(market: Market, session: UUID) -> dict[str, str]:
    """Who has joined, in the order of the queue, and what became of them; no promise about seats may be broken."""
    # Holds that a test wrote by hand have no order.
    assert market.rows("select * from seat_audit where problem <> 'orphan_hold'") == []
    rows = market.rows(
        "select student_name, status from waitlist_entries where session_id = %s order by priority desc, joined_at, id",
        session,
    )
    return {row["student_name"]: row["status"] for row in rows}
