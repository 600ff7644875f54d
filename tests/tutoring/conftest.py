"""What the tests of the tutoring unit start from."""

from __future__ import annotations

import psycopg
import pytest

from support.school import School, open_school


@pytest.fixture
def school(db: psycopg.Connection) -> School:
    """A school with one course and no sessions yet."""
    db.execute("set search_path = tutoring")
    return open_school(db)
