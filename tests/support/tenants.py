"""Installations with roles of their own, which are the cluster's and go with the test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import sql

from .server import Server

KINDS = ("app", "writer", "reader", "courier")


@contextmanager
def prefixes(server: Server) -> Iterator[list[str]]:
    """A beginning of names that no other test has, first in the list; roles of all in the list are dropped in the end.

    By then the databases that grant them something have to be gone.
    """
    found = [f"sbt{secrets.token_hex(4)}"]
    yield found
    for prefix in found:
        for kind in KINDS:
            role = sql.Identifier(f"{prefix}_{kind}")
            server.admin.execute(sql.SQL("drop role if exists {}").format(role))
