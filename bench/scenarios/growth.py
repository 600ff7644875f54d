"""Enrolling beside ever more enrollments."""

from __future__ import annotations

from contextlib import ExitStack

from bench.database import Lab
from bench.enrollments import SESSIONS, fill, settle
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.scenarios.enroll import ENROLL, enroll

TITLE = "enrolling beside ever more enrollments"
ABOUT = """
`enroll(session, name, e-mail)` by four clients, for random ones of 1,000 sessions, in databases of 1 thousand, 100
thousand, 1 million and 10 million enrollments: 1, 100, 1,000 and 10,000 in each session, so that both the table and
what is looked through for the same student grow. The second side is the same in the smallest database. Commits are
durable. First everybody enrolls for a while without being measured, because a page that is written for the first time
after a checkpoint goes into the log whole: in a large table that is nearly every page at first, and few later on.
Between pairs what was made is deleted and both are vacuumed.
"""
TARGET = 0.9
CLIENTS = 4
EACH = (1, 100, 1_000, 10_000)
# How many measurements' time comes before the first.
WARM_UP = 10

FORGET = """\
delete from enrollments where student_email like 'e%';
update workshop_sessions set current_attendees = {each};
"""


def run(lab: Lab, options: Options) -> Findings:
    """Measures four sizes."""
    numbers = EACH[:2] if options.quick else EACH
    findings = Findings(("this size", "smallest"))
    with ExitStack() as stack:
        databases = {}
        for each in numbers:
            databases[each] = stack.enter_context(lab.database(f"growth_{each}"))
            fill(databases[each], each=each)

        def forget(*each: int) -> None:
            for number in each:
                databases[number].run(FORGET.format(each=number), "workshop")
                settle(databases[number])

        smallest = numbers[0]
        for each, database in databases.items():
            enroll(database, ENROLL, SESSIONS, CLIENTS, WARM_UP * options.seconds)
            forget(each)
            pairs = in_pairs(
                options.pairs,
                lambda d=database: enroll(d, ENROLL, SESSIONS, CLIENTS, options.seconds),  # type: ignore[misc]
                lambda: enroll(databases[smallest], ENROLL, SESSIONS, CLIENTS, options.seconds),
                lambda e=each: forget(smallest, e),  # type: ignore[misc]
            )
            findings.comparisons.append(Comparison(f"{each * SESSIONS:,} enrollments", "tps", pairs, TARGET))
    return findings
