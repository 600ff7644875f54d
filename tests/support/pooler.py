"""PgBouncer of this machine, in front of one database."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.binaries import unprivileged
from support.choice import do_without
from support.scratch import scratch_folder


@contextmanager
def pooler(database: str, mode: str, user: str | None = None, size: int = 2) -> Iterator[str]:
    """Runs a pool, as a user of the database or as the one that the DSN names; yields how to connect through it.

    The password is the one in the DSN.
    """
    if shutil.which("pgbouncer") is None:
        do_without("pgbouncer", "pgbouncer is not here; it comes with Debian's package pgbouncer")
    info = conninfo_to_dict(database)
    password = f" password={info['password']}" if info.get("password") else ""
    target = f"host={info.get('host', '127.0.0.1')} port={info.get('port', 5432)} dbname={info['dbname']}"
    login = user or info["user"]
    with scratch_folder("pool-") as folder:
        file = folder / "pgbouncer.ini"
        file.write_text(
            f"[databases]\nshop = {target} user={login}{password}\n[pgbouncer]\nauth_type = any\n"
            f"listen_addr =\nunix_socket_dir = {folder}\nlisten_port = 6432\npool_mode = {mode}\n"
            f"default_pool_size = {size}\nignore_startup_parameters = extra_float_digits\n"
            # A client that waits for a dead server gets an error; the default is two minutes.
            "server_login_retry = 1\nserver_connect_timeout = 5\nquery_wait_timeout = 20\n"
        )
        identity = unprivileged()
        if identity:
            os.chown(folder, identity["user"], identity["group"])
        program = str(shutil.which("pgbouncer"))
        with subprocess.Popen([program, "-q", str(file)], stderr=subprocess.DEVNULL, **identity) as process:
            try:
                deadline = time.monotonic() + 30
                while not (Path(folder) / ".s.PGSQL.6432").exists():
                    assert time.monotonic() < deadline, "pgbouncer does not start"
                    time.sleep(0.02)
                yield make_conninfo(host=str(folder), port=6432, dbname="shop", user=login)
            finally:
                process.terminate()
