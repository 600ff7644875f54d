"""Publishing drafts into free hours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.database import Database, Lab
from bench.departments import OF_DRAFTS, PLAIN_UPDATE, PUBLISHED, SCHEMAS, calendar, hour, key, publish, put_back
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.pgbench import Sample

TITLE = "publishing drafts into a calendar"
ABOUT = """
`schedule_session()`, which locks trainer and venue, looks for conflicts and for the qualification, publishes and writes
history, and an update by key that publishes the same draft on the same table without triggers, under the same
exclusion constraints and foreign keys. 10,000 trainers and venues have a session in every second hour; each draft is
published into an hour between two of them, where both its trainer and its venue are free. Commits are durable. That
both sides leave the same sessions is checked first, and after every measurement that every draft was published.
"""
TARGET = 0.6

SIDES = {
    "training": f"""\
select s.id from schedule_session(
    {key(":session")}, {key(":trainer")}, {key(":venue")}, {hour(":hour")}, {hour(":hour + 1")}
) as s;
""",
    "bare_training": PLAIN_UPDATE,
}


def run(lab: Lab, options: Options) -> Findings:
    """Measures two sizes, with 1, 4 and 16 clients."""
    findings = Findings(("sessionbook", "bare"))
    for sessions in (10_000, 20_000) if options.quick else (100_000, 1_000_000):
        with calendar(lab, "publish", sessions) as database:
            ours, bare = (_side(database, schema, sessions) for schema in SCHEMAS)
            _same_rows(database, sessions, ours, bare)
            for clients, drafts in PUBLISHED.items():
                count = 20 * clients if options.quick else drafts
                pairs = in_pairs(
                    options.pairs,
                    partial(ours, clients, count),
                    partial(bare, clients, count),
                    partial(put_back, database, sessions),
                )
                what = f"{sessions:,} sessions, {clients} client{'s' * (clients > 1)}"
                findings.comparisons.append(Comparison(what, "tps", pairs, TARGET))
    return findings


Side = Callable[[int, int], Sample]


def _side(database: Database, schema: str, sessions: int) -> Side:
    return lambda clients, drafts: publish(
        database, schema, SIDES[schema], sessions=sessions, clients=clients, drafts=drafts
    )


def _same_rows(database: Database, sessions: int, *sides: Side) -> None:
    drafts = 100
    for side in sides:
        side(1, drafts)
    made = (
        f"select to_jsonb(s) - array['created_at', 'updated_at'] from {schema}.sessions as s "
        f"where s.{OF_DRAFTS.format(sessions=sessions)}"
        for schema in SCHEMAS
    )
    differing = database.value(f"select count(*) from ({' except all '.join(made)}) as d")
    changes = database.value("select count(*) from training.status_changes where to_status = 'SCHEDULED'")
    assert (differing, changes) == (0, drafts), f"sessions that differ, changes written: {differing}, {changes}"
