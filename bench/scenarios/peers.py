"""Other systems beside the package."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from bench.database import Database, Lab
from bench.lessons import PAST, Lesson
from bench.lessons import fill as fill_lessons
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.peers.made import Skipped, node_with, python_with
from bench.peers.processes import at_once
from bench.pgbench import Failed, Sample
from bench.scenarios import claims
from bench.workshops import fill, settle

TITLE = "other systems that do the same work"
ABOUT = """
*Shop*: clients in Python, one process each, on both sides. An order of one seat in one of 1,000 sessions is made in one
transaction and paid in another: `create_order()` and `set_order_status()`, and Django's ORM with
`select_for_update()` on tables of its own, as an application would write it (bench/peers/shop_django.py). Or 50
sessions of one workshop are read with what is free. *Queues*: four couriers that take one job, or ten or forty at a
time, do nothing with it, and complete it; rates are of jobs. Ours are pgbench's clients on reminders, whose message is
made anew when it is taken; the others run in Node, one process, on an empty queue of their own. Commits are durable.
"""
SHOP = Path(__file__).parents[1] / "peers"
CLIENTS = (1, 4, 16)
ORDERS_TARGET = 2.5
LOOKS_TARGET = 8.0
QUEUE_TARGET = 0.9


def run(lab: Lab, options: Options) -> Findings:
    """Measures beside whatever peer can be had here."""
    findings = Findings(("sessionbook", "peer"))
    for peer in (_django, _graphile_worker, _pg_boss):
        try:
            findings.notes.append(f"Version: {peer(lab, options, findings)}.")
        except Skipped as reason:
            findings.notes.append(f"Skipped: {peer.__name__.strip('_')}, because {reason}.")
    return findings


def _django(lab: Lab, options: Options, findings: Findings) -> str:
    python, version = python_with("django", "django", "psycopg[binary]")
    for work, each, counts in (("order", 10, CLIENTS), ("look", 50, (1,))):
        with lab.database("peers") as ours, lab.empty("django") as theirs:
            fill(ours, "workshop", workshops=100, sessions=each, seats=1_000_000)
            made = [python, SHOP / "shop_django.py", "make", work]
            subprocess.run(made, env={**os.environ, "DSN": theirs.dsn}, check=True)
            seconds = f"{options.seconds:g}"
            here = [sys.executable, SHOP / "shop_sessionbook.py", work, seconds]
            there = [python, SHOP / "shop_django.py", work, seconds]
            for clients in counts:
                pairs = in_pairs(
                    options.pairs,
                    partial(at_once, here, clients, ours.dsn),
                    partial(at_once, there, clients, theirs.dsn),
                    partial(_settle, ours, theirs),
                )
                what = "orders made and paid" if work == "order" else "availability of 50 sessions"
                target = ORDERS_TARGET if work == "order" else LOOKS_TARGET
                name = f"{what}, {clients} client{'s' * (clients > 1)}, Django"
                findings.comparisons.append(Comparison(name, "tps", pairs, target))
    return version


def _settle(ours: Database, theirs: Database) -> None:
    settle(ours, "workshop")
    theirs.run("vacuum (analyze);\n")


def _graphile_worker(lab: Lab, options: Options, findings: Findings) -> str:
    command, version = node_with("queue_graphile_worker.mjs", "graphile-worker")
    _queue(lab, options, findings, "graphile-worker", command, QUEUE_TARGET)
    return version


def _pg_boss(lab: Lab, options: Options, findings: Findings) -> str:
    # The last ones for Node 20.
    command, version = node_with("queue_pg_boss.mjs", "pg-boss", "10")
    _queue(lab, options, findings, "pg-boss", command, 1.0)
    return version


def _queue(lab: Lab, options: Options, findings: Findings, name: str, command: list[str | Path], target: float) -> None:
    courses = 2_000 if options.quick else 50_000
    jobs = 1_000 if options.quick else 20_000
    with lab.database("peers") as ours:
        now = ours.value("select date_trunc('minute', now())")
        lessons = [*PAST, Lesson("15 minutes", reminder="queued")]
        fill_lessons(ours, "tutoring", courses=courses, lessons=lessons, now=now)
        for each in (1, 10, 40):
            pairs = in_pairs(
                options.pairs,
                partial(claims.send_jobs, ours, each, jobs // each // claims.CLIENTS),
                partial(_jobs, lab, command, jobs, each),
                partial(claims.put_back, ours),
            )
            findings.comparisons.append(Comparison(f"jobs, {each} a claim, 4 couriers, {name}", "tps", pairs, target))


def _jobs(lab: Lab, command: list[str | Path], jobs: int, each: int) -> Sample:
    with lab.empty("queue") as database:
        environment = {**os.environ, "DSN": _url(database.dsn)}
        done = subprocess.run(
            [*command, str(jobs), str(each)], env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise Failed(f"{command[-1]}: {done.stderr[-2000:]}")
    seconds = float(done.stdout.split()[-1])
    return Sample(jobs, jobs / seconds, 1000 * seconds / jobs)


def _url(dsn: str) -> str:
    """The DSN as Node's clients read it: a socket's folder is a parameter there."""
    given: dict[str, str] = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
    secret = f":{quote(given['password'])}" if "password" in given else ""
    host = urlencode({"host": given.get("host", "localhost")})
    port = given.get("port", "5432")
    return f"postgresql://{quote(given.get('user', ''))}{secret}@localhost:{port}/{quote(given['dbname'])}?{host}"
