"""What the fixture `connect` is, for annotations."""

from __future__ import annotations

from typing import Protocol

import psycopg
from psycopg import IsolationLevel


class Connect(Protocol):
    """Opens another connection to the clone of this test."""

    def __call__(
        self, role: str | None = None, autocommit: bool = True, isolation: IsolationLevel | None = None
    ) -> psycopg.Connection: ...
