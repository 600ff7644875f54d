"""`sessionbook serve`: an embedded PostgreSQL with the package applied."""

import signal
from pathlib import Path

from ..deploy.apply import apply
from ..output import print_json
from .embedded import default_folder, embedded_server


def serve(folder: Path | None, port: int | None, *, json_output: bool, sql_root: Path | None = None) -> None:
    """Starts the server, applies the package, prints where to connect, and stays until a signal comes.

    Args:
        folder: where the server is kept; None: the user's own data folder.
        port: TCP port on 127.0.0.1, besides the socket.
        json_output: print an object with key dsn.
        sql_root: folder of the SQL files; by default the package's own.
    """
    with embedded_server(folder or default_folder(), port=port) as conninfo:
        apply(conninfo, sql_root=sql_root)
        dsn = conninfo if port is None else f"postgresql://postgres@127.0.0.1:{port}/sessionbook"
        if json_output:
            print_json({"dsn": dsn})
        else:
            print(f"{dsn}\nServing until Ctrl-C.", flush=True)
        while True:
            signal.pause()
