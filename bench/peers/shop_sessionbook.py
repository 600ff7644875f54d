"""Client of Sessionbook: orders of one seat, made and then paid, or what a shop page asks; both by psycopg."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from uuid import UUID

import psycopg

WORKSHOPS, CREATORS = 100, 100
SESSIONS = {"order": 10, "look": 50}


def order(connection: psycopg.Connection) -> None:
    """Two calls, each a transaction, as an application makes them."""
    session = random.randrange(WORKSHOPS * SESSIONS["order"])
    workshop = session // SESSIONS["order"] + 1
    items = [{"workshop_id": str(UUID(int=workshop)), "session_id": str(UUID(int=session + 1))}]
    row = connection.execute(
        "select id from create_order(%s, 'Customer', '+96550000000', %s)",
        [UUID(int=1 + workshop % CREATORS), json.dumps(items)],
    ).fetchone()
    assert row is not None
    connection.execute("select from set_order_status(%s, 'paid')", row)


def look(connection: psycopg.Connection) -> None:
    """Sessions of one workshop, with what is free."""
    workshop = UUID(int=random.randint(1, WORKSHOPS))
    rows = connection.execute("select * from session_availability where workshop_id = %s", [workshop]).fetchall()
    assert len(rows) == SESSIONS["look"], len(rows)


def main() -> None:
    """Arguments: order or look, seconds, number of the client."""
    work = {"order": order, "look": look}[sys.argv[1]]
    random.seed(int(sys.argv[3]))
    with psycopg.connect(os.environ["DSN"], autocommit=True, options="-c search_path=workshop") as connection:
        work(connection)
        print("ready", flush=True)
        sys.stdin.readline()
        done, until = 0, time.monotonic() + float(sys.argv[2])
        while time.monotonic() < until:
            work(connection)
            done += 1
    print(done)


if __name__ == "__main__":
    main()
