"""Taking a seat, the hottest statement there is."""

from __future__ import annotations

from bench.database import Database, Lab
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.pgbench import Sample
from bench.workshops import copy, fill, key, settle

TITLE = "taking a seat"
ABOUT = """
The guarded counter update that applications send, as it is in both schemas: on the package's table, whose triggers
keep status, translation, history and run in line, and on the same table, made by the same migrations, without a
trigger. Commits are durable. One hot session is the most that one row can give; 1,000 sessions show the work itself.
At the end of every measurement the counters must have grown by the number of transactions.
"""
TARGET = 0.7

SCRIPT = f"""\
\\set n random(1, :sessions)
update workshop_sessions set current_attendees = current_attendees + 1
where id = {key(":n::int")} and current_attendees < max_attendees;
"""


def run(lab: Lab, options: Options) -> Findings:
    """Measures one and a thousand sessions, with 1, 4 and 16 clients."""
    findings = Findings(("sessionbook", "bare"))
    with lab.database("seat") as database:
        fill(database, "workshop", workshops=20, sessions=50, seats=1_000_000_000)
        copy(database, "workshop", "bare")
        for sessions, label in ((1, "one session"), (1000, "1,000 sessions")):
            for clients in (1, 4, 16):
                pairs = in_pairs(
                    options.pairs,
                    lambda s=sessions, c=clients: take_seats(database, "workshop", s, c, options.seconds),  # type: ignore[misc]
                    lambda s=sessions, c=clients: take_seats(database, "bare", s, c, options.seconds),  # type: ignore[misc]
                    lambda: settle(database, "workshop", "bare"),
                )
                what = f"{label}, {clients} client{'s' * (clients > 1)}"
                findings.comparisons.append(Comparison(what, "tps", pairs, TARGET))
    return findings


def take_seats(database: Database, schema: str, sessions: int, clients: int, seconds: float) -> Sample:
    """One measurement; every transaction must have taken a seat."""
    count = f"select sum(current_attendees) from {schema}.workshop_sessions"
    before = database.value(count)
    sample = database.pgbench(
        SCRIPT, search_path=schema, clients=clients, seconds=seconds, variables={"sessions": sessions}
    )
    after = database.value(count)
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert after - before == sample.transactions, f"{after - before} seats in {sample.transactions} transactions"
    return sample
