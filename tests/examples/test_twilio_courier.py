"""The Twilio sender against a local API, as a login role that may deliver and nothing else."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "whatsapp_courier"
TEMPLATES = {"starts_soon": "HXstart", "alarm": "HXstart", "changed": "HXchanged", "cancelled": "HXcancelled"}


class Twilio:
    """The messages endpoint: answers as told, else 201, and keeps what it was sent."""

    def __init__(self):
        self.answers = []
        self.requests = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                status, body, headers = api.answers.pop(0) if api.answers else (201, {"sid": "SM1"}, {})
                api.requests.append({"path": self.path, "auth": self.headers["Authorization"], **form})
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def twilio():
    made = Twilio()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def modules(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("courier"), importlib.import_module("twilio_courier")


@pytest.fixture
def deliver(modules, courier_dsn, twilio):
    """Runs a courier in this process until nothing is due."""
    courier, sender = modules

    def run(base_url=twilio.url):
        send = sender.Twilio("AC1", "s3cr3t", "+1 (415) 523-8886", TEMPLATES, base_url=base_url, answer_seconds=5.0)
        courier.Courier(courier_dsn, "tutoring", send, limit=10, every=1.0).run(once=True)

    return run


def failed(code, message="no", status=400, **headers):
    return status, {"code": code, "message": message, "status": status}, headers


def test_sends_a_template_with_its_words_and_completes(day, twilio, courier_dsn):
    day.remind()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "TWILIO"))}
    env |= {
        "DATABASE_URL": courier_dsn,
        "TWILIO_BASE_URL": twilio.url,
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "s3cr3t",
        "TWILIO_FROM": "+14155238886",
        "TWILIO_CONTENT_SID": "HXstart",
        "TWILIO_CONTENT_SID_CHANGED": "HXchanged",
        "TWILIO_CONTENT_SID_CANCELLED": "HXcancelled",
    }
    command = [sys.executable, str(FOLDER / "twilio_courier.py"), "--once"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    (request,) = twilio.requests
    assert request["path"] == "/2010-04-01/Accounts/AC1/Messages.json"
    assert request["auth"] == "Basic QUMxOnMzY3IzdA=="
    assert (request["To"], request["From"]) == ("whatsapp:+96555550000", "whatsapp:+14155238886")
    assert request["ContentSid"] == "HXstart"
    words = json.loads(request["ContentVariables"])
    assert (words["1"], words["2"], words["3"], words["5"]) == ("Sara Ali", "Algebra", "Huda", "online")
    assert day.states() == ["sent"]
    for word in ("s3cr3t", "5555", "Sara"):
        assert word not in done.stdout + done.stderr
    del env["TWILIO_CONTENT_SID_CANCELLED"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "TWILIO_CONTENT_SID_CANCELLED" in done.stderr


def test_cancellation_has_a_template_of_its_own(day, twilio, deliver):
    day.remind()
    deliver()
    day.conn.execute("select cancel_session(id) from sessions")
    day.conn.execute("select lifecycle.advance('tutoring')")
    deliver()
    assert [request["ContentSid"] for request in twilio.requests] == ["HXstart", "HXcancelled"]


def test_number_that_is_none_is_given_up(day, twilio, deliver):
    day.remind(2)
    twilio.answers = [failed(21211, "Invalid 'To' Phone Number")]
    deliver()
    assert sorted(day.states()) == ["failed", "sent"]
    assert "21211" in day.rows()[0]["last_error"]


@pytest.mark.parametrize("answer", [failed(20500, status=500), failed(0, status=503), (502, b"<html>", {})])
def test_passing_troubles_are_tried_again(day, twilio, deliver, answer):
    day.remind()
    twilio.answers = [answer]
    deliver()
    assert day.states() == ["queued"]
    day.hurry()
    deliver()
    assert (day.states(), len(twilio.requests)) == (["sent"], 2)


def test_too_many_wait_as_told(day, twilio, deliver):
    day.remind(3)
    twilio.answers = [failed(20429, status=429, **{"Retry-After": "90"})]
    deliver()
    assert (day.states(), len(twilio.requests)) == (["queued"] * 3, 1)
    assert all(80 < row["wait"] <= 90 for row in day.rows())


@pytest.mark.parametrize(
    "answer", [failed(20003, status=401), failed(63007), failed(20404, status=404), (404, b"", {})]
)
def test_account_that_is_not_in_order_ends_it(day, modules, twilio, deliver, answer):
    day.remind()
    twilio.answers = [answer]
    with pytest.raises(modules[0].AccountError):
        deliver()
    assert (day.states(), len(twilio.requests)) == (["queued"], 1)


def test_nobody_there(day, deliver):
    day.remind()
    deliver("http://127.0.0.1:9")
    assert day.states() == ["queued"]
