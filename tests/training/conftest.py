"""What the tests of the training unit start from."""

from __future__ import annotations

import psycopg
import pytest

from support.department import Department, open_department


@pytest.fixture
def training(db: psycopg.Connection) -> Department:
    """A department with one course, a trainer who may teach it and a venue, and no sessions yet."""
    db.execute("set search_path = training")
    return open_department(db)
