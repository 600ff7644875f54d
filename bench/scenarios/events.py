"""Events: what they cost a booking, and what their notifications do."""

from __future__ import annotations

from collections.abc import Callable

from bench.database import Database, Lab
from bench.enrollments import SESSIONS, fill, settle
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.pgbench import Sample
from bench.scenarios.enroll import ENROLL, enroll

TITLE = "a booking with and without events"
ABOUT = """
`enroll()` in 1,000 sessions: with `notify_events` on and off, and with the trigger that writes an event of each
enrollment and without it. Commits are durable. Each side is as it is for its own turn only. What is aimed at is that
notifications cost a booking nothing; an event is a row, and costs what a row costs.
"""
TARGET = 0.97
NOTIFY = "update lifecycle.settings set value = '{}' where key = 'notify_events';\n"
TRIGGER = "alter table workshop.enrollments {} trigger zz_610_record_enrollments;\n"
WAYS = (
    ("notified, or not", NOTIFY.format("on"), NOTIFY.format("off")),
    ("written, or not", TRIGGER.format("enable"), TRIGGER.format("disable")),
)


def run(lab: Lab, options: Options) -> Findings:
    """Measures both ways with 1 and 4 clients."""
    findings = Findings(("with", "without"))
    with lab.database("events") as database:
        fill(database, each=10 if options.quick else 100)
        for what, on, off in WAYS:
            for clients in (1, 4):
                sides = [_side(database, script, clients, options.seconds) for script in (on, off)]
                pairs = in_pairs(options.pairs, sides[0], sides[1], lambda: settle(database))
                database.run(on)
                label = f"{what}, {clients} client{'s' * (clients > 1)}"
                findings.comparisons.append(Comparison(label, "tps", pairs, TARGET if on in WAYS[0] else None))
    return findings


def _side(database: Database, script: str, clients: int, seconds: float) -> Callable[[], Sample]:
    def measure() -> Sample:
        database.run(script)
        return enroll(database, ENROLL, SESSIONS, clients, seconds)

    return measure
