"""Which server the suite runs on: SESSIONBOOK_TEST_SERVER, else docker where a daemon answers, else embedded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import NoReturn

import pytest

from support.docker_server import DockerServer, daemon_answers
from support.local_server import EmbeddedServer, LocalServer, Postgres16Server
from support.server import GivenServer, Server, Unavailable

KINDS: dict[str, type[Server]] = {
    kind.kind: kind for kind in (DockerServer, EmbeddedServer, LocalServer, Postgres16Server, GivenServer)
}


@contextmanager
def chosen_server() -> Iterator[tuple[Server, str | None]]:
    """Runs the chosen server; the second value is a notice when it is not the first choice."""
    wanted = os.environ.get("SESSIONBOOK_TEST_SERVER", "")
    with ExitStack() as stack:
        notice = None
        if wanted:
            server = stack.enter_context(KINDS.get(wanted, GivenServer).run())
        elif daemon_answers():
            try:
                server = stack.enter_context(DockerServer.run())
            except Unavailable as error:
                notice = f"docker is missing, so these tests run on the embedded server: {error}"
                server = stack.enter_context(EmbeddedServer.run())
        else:
            server = stack.enter_context(EmbeddedServer.run())
        yield server, notice


def shared_server(shared: Mapping[str, str], worker: str) -> Server:
    """The server that another process of the same run started, as one of its workers uses it."""
    return KINDS[shared["kind"]](shared["conninfo"], shared["tag"], worker)


def need_extension(server: Server, extension: str) -> None:
    """Skips the test where the server lacks the extension; fails it where SESSIONBOOK_REQUIRE names it."""
    if not server.has(extension):
        do_without(extension, f"{extension} is not available on the {server.kind} server")


def do_without(what: str, reason: str) -> NoReturn:
    """Skips the test; fails it where SESSIONBOOK_REQUIRE names what is missing."""
    if what in os.environ.get("SESSIONBOOK_REQUIRE", "").split(","):
        pytest.fail(f"{reason}, and SESSIONBOOK_REQUIRE asks for it", pytrace=False)
    pytest.skip(reason)
