"""What the tests of the lifecycle unit start from."""

from __future__ import annotations

import psycopg
import pytest

from support.market import Market, open_market


@pytest.fixture
def market(workshop: psycopg.Connection) -> Market:
    """A shop with nothing on sale yet, in a database whose clock moves it and no other unit."""
    workshop.execute("delete from lifecycle.clocks where schema_name <> 'workshop'")
    return open_market(workshop)
