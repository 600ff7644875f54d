"""Serves calendars to anybody with a token: GET /<schema>/<token>.ics"""

import argparse
import logging
import os
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
from psycopg import sql

log = logging.getLogger("calendar")

SCHEMAS = ("workshop", "tutoring", "training")


class Handler(BaseHTTPRequestHandler):
    """One request; the server's attributes say where the database is and which installations are served."""

    server: "Server"
    # Nobody waits for a client that sends nothing.
    timeout = 10

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        found = re.fullmatch(r"/([a-z_][a-z0-9_]*)/([0-9a-f]{64})\.ics", self.path)
        if found is None or found[1] not in self.server.schemas:
            status, kind, body = 404, "text/plain", "there is no such calendar\n"
        else:
            status, kind, body = self._feed(found[1], found[2])
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        # The address is the key: no shared cache may keep what it opens, and no page that links to it may see it.
        self.send_header("Cache-Control", "private, max-age=300")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def _feed(self, schema: str, token: str) -> tuple[int, str, str]:
        statement = sql.SQL("select {}.calendar_feed_by_token(%s)").format(sql.Identifier(schema))
        try:
            with psycopg.connect(self.server.dsn, application_name="sessionbook calendar") as conn:
                conn.read_only = True
                row = conn.execute(statement, [token]).fetchone()
        except psycopg.Error as error:
            if error.diag.constraint_name == "calendar_not_found":
                return 404, "text/plain", "there is no such calendar\n"
            log.error("%s", str(error).strip().splitlines()[0])
            return 503, "text/plain", "not now, try again later\n"
        return 200, "text/calendar", row[0] if row else ""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the path is a secret. A proxy in front must not log it either."""


class Server(ThreadingHTTPServer):
    """Where the database is, and which installations are served."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], dsn: str, schemas: tuple[str, ...]) -> None:
        super().__init__(address, Handler)
        self.dsn = dsn
        self.schemas = schemas


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Serves calendars to anybody with a token.")
    parser.add_argument("--dsn", default=os.environ.get("DATABASE_URL", ""), help="else DATABASE_URL, else libpq's own")
    parser.add_argument("--port", type=int, default=8008)
    parser.add_argument("--schema", action="append", help="installation to serve, several times (default: all three)")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    with Server(("127.0.0.1", given.port), given.dsn, tuple(given.schema or SCHEMAS)) as server:
        print(f"http://127.0.0.1:{server.server_port}/<schema>/<token>.ics", flush=True)
        try:
            server.serve_forever(0.1)
        except KeyboardInterrupt:
            sys.exit(130)


if __name__ == "__main__":
    main()
