"""The example that delivers events, against a local receiver: signed, in order, as often as it promises."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

SCRIPT = Path(__file__).parents[2] / "examples" / "webhooks" / "webhooks.py"
SECRET = "a secret of twenty-four characters"
NOTE = (
    "insert into workshop.pending_events (kind, subject_id, payload, actor, occurred_at)"
    " select 'enrollment.created', n::text, '{\"seats\": 2}', 'مكتب', now() from generate_series(%s::int, %s::int) as n"
)


class Receiver:
    """Answers as told, else 200, and keeps what it was sent."""

    def __init__(self):
        self.answers = []
        self.requests = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.answers.pop(0) if receiver.answers else 200
                receiver.requests.append((dict(self.headers), body, status))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def ids(self):
        return [headers["webhook-id"] for headers, _, _ in self.requests]


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def start(db, database, receiver, tmp_path):
    """Starts deliverers as a login role that is an application and nothing else."""
    name, password = f"sbt_hooks_{secrets.token_hex(4)}", secrets.token_hex(8)
    role = sql.Identifier(name)
    db.execute(sql.SQL("create role {} login password {} in role sessionbook_app").format(role, sql.Literal(password)))
    env = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    env |= {"DATABASE_URL": make_conninfo(database, user=name, password=password), "WEBHOOK_SECRET": SECRET}
    started = []

    def run(*arguments, **more):
        command = [sys.executable, str(SCRIPT), receiver.url, "--place", str(tmp_path / "place"), "--every", "0.1"]
        process = subprocess.Popen([*command, *arguments], env=env | more, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
    db.execute("select pg_terminate_backend(a.pid, 5000) from pg_stat_activity as a where a.usename = %s", [name])
    db.execute(sql.SQL("drop role {}").format(role))


def ended(process):
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_events_are_signed_and_delivered_once_in_order(db, receiver, start):
    db.execute(NOTE, [1, 150])
    assert ended(start("--once"))[0] == 0
    assert receiver.ids == [f"workshop:{n}" for n in range(1, 151)]
    headers, body, _ = receiver.requests[0]
    at = headers["webhook-timestamp"]
    assert abs(time.time() - int(at)) < 60
    mac = hmac.new(SECRET.encode(), f"workshop:1.{at}.".encode() + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    event = json.loads(body)
    assert (event["id"], event["type"]) == ("workshop:1", "enrollment.created")
    assert event["data"] == {"subject_id": "1", "actor": "مكتب", "seats": 2}
    db.execute(NOTE, [151, 152])
    assert ended(start("--once"))[0] == 0
    assert receiver.ids[150:] == ["workshop:151", "workshop:152"]


def test_what_is_not_accepted_comes_again_and_the_rest_waits(db, receiver, start):
    db.execute(NOTE, [1, 3])
    receiver.answers = [200, 500, 404, 200]
    code, err = ended(start("--once"))
    assert (code, receiver.ids) == (0, [f"workshop:{n}" for n in (1, 2, 2, 2, 3)])
    assert "answered 500" in err
    assert SECRET not in err


def test_receiver_that_wants_no_more_ends_it(db, receiver, start):
    db.execute(NOTE, [1, 3])
    receiver.answers = [200, 410]
    assert ended(start())[0] == 1
    assert ended(start("--once"))[0] == 0
    assert receiver.ids == [f"workshop:{n}" for n in (1, 2, 2, 3)]


def test_one_process_for_a_place_and_a_secret_that_is_one(db, receiver, start):
    db.execute(NOTE, [1, 1])
    first = start()
    while not receiver.requests:
        time.sleep(0.02)
    assert ended(start())[0] == 1
    assert ended(start("--once", WEBHOOK_SECRET="short"))[0] == 1
    first.send_signal(signal.SIGTERM)
    assert ended(first)[0] == 0
    assert receiver.ids == ["workshop:1"]


def test_killed_at_random_each_event_comes_and_only_the_one_on_its_way_twice(db, receiver, start):
    events, kills = 300, 0
    dice = random.Random(5)
    db.execute(NOTE, [1, events])
    while len(set(receiver.ids)) < events:
        process = start()
        seen = len(receiver.requests)
        until = seen + dice.randint(5, 60)
        while len(receiver.requests) < until and len(set(receiver.ids)) < events:
            time.sleep(0.002)
        process.kill()
        process.wait()
        kills += 1
    places = [int(mark.split(":")[1]) for mark in receiver.ids]
    assert kills > 3
    assert sorted(set(places)) == list(range(1, events + 1))
    assert places == sorted(places)
    assert len(places) <= events + kills
