"""Two copies of each application's database: one adopted, one left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from support.adoption import Application, application
from support.server import Server


@pytest.fixture
def application_of(server: Server) -> Iterator[Callable[..., Application]]:
    """Makes databases of applications; they go with the test."""
    with ExitStack() as stack:
        yield lambda kind, **how: stack.enter_context(application(server, kind, **how))
