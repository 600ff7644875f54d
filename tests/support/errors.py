"""Assertions on what the database raises: the SQLSTATE and the key, never the text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest


@dataclass
class Raised:
    """The error, filled in when the block is left."""

    error: psycopg.Error | None = None
    message: str = ""
    detail: str = ""
    hint: str = ""


@contextmanager
def raises_key(sqlstate: str, key: str) -> Iterator[Raised]:
    """The block must raise this SQLSTATE with this key as its constraint name."""
    raised = Raised()
    try:
        yield raised
    except psycopg.Error as error:
        diag = error.diag
        raised.error = error
        raised.message = diag.message_primary or ""
        raised.detail = diag.message_detail or ""
        raised.hint = diag.message_hint or ""
        if (error.sqlstate, diag.constraint_name) != (sqlstate, key):
            found = f"{error.sqlstate} {diag.constraint_name}: {error}"
            raise AssertionError(f"expected {sqlstate} {key}, got {found}") from error
    else:
        pytest.fail(f"expected {sqlstate} {key}, and nothing was raised")
