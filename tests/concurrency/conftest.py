"""What the races for seats start from."""

from __future__ import annotations

import psycopg
import pytest

from support.market import Market, open_market


@pytest.fixture
def market(workshop: psycopg.Connection) -> Market:
    """A shop with one creator and nothing on sale yet."""
    return open_market(workshop)
