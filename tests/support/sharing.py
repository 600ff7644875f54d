"""Which tests run on which server, if a run of the CI has several: SESSIONBOOK_SHARE=1/3 is the first of three.

The catalog, permissions, migrations, races and jobs are looked at on every server, and so is each test that bears the
mark every_server. Each other test runs on one of them, and so do those that start a server of their own; `make
test-all` runs them all on all."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from support.distribution import TOGETHER

EVERY_SERVER = (
    "tests/catalog/",
    "tests/concurrency/",
    "tests/cron/",
    "tests/migrations/",
    "tests/permissions/",
    "tests/test_support.py",
)
# Among them, but with a server of their own from the programs of this machine: three times the same.
OWN_SERVER = ("tests/concurrency/test_killed.py", "tests/cron/test_own_cluster.py")


@dataclass(frozen=True)
class Share:
    """One of several parts of the tests, counted from 1."""

    part: int
    parts: int

    def has(self, item: pytest.Item) -> bool:
        """Whether the test is in this part."""
        return is_for_every_server(item) or self.part == 1 + _number(item.nodeid) % self.parts


def chosen_share() -> Share:
    """What SESSIONBOOK_SHARE names; all of it where nothing is named."""
    part, slash, parts = os.environ.get("SESSIONBOOK_SHARE", "1/1").partition("/")
    if not (slash and part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise pytest.UsageError("SESSIONBOOK_SHARE is a part and how many there are, such as 1/3")
    return Share(int(part), int(parts))


def is_for_every_server(item: pytest.Item) -> bool:
    """Whether the test runs on every server."""
    return (item.nodeid.startswith(EVERY_SERVER) and not item.nodeid.startswith(OWN_SERVER)) or (
        item.get_closest_marker("every_server") is not None
    )


def split(items: Sequence[pytest.Item], share: Share) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Those in this part, and those that other servers have."""
    ours = [item for item in items if share.has(item)]
    kept = set(map(id, ours))
    return ours, [item for item in items if id(item) not in kept]


def _number(nodeid: str) -> int:
    """The same for the tests of a file that share what is dear, and on every machine."""
    return zlib.crc32(TOGETHER.get(nodeid.partition("::")[0], nodeid).encode())
