"""The clock of the tests."""

from __future__ import annotations

import psycopg


def set_now(conn: psycopg.Connection, instant: str | None) -> None:
    """Moves lifecycle.now() for one session, such as '2026-01-01 10:00+00'; None gives the real time back."""
    conn.execute("select set_config('lifecycle.fake_now', %s, false)", [instant or ""])
