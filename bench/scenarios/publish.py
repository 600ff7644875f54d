"""Publishing drafts into free hours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.database import Database, Lab
from bench.departments import OF_DRAFTS, PLAIN_UPDATE, PUBLISHED, SCHEMAS, calendar, hour, key, publish, put_back
from bench.measure import Comparison, Findings, Options, in_turn
from bench.pgbench import Sample

TITLE = "publishing drafts into a calendar"
ABOUT = """
`schedule_session()`, which locks trainer and venue, looks for conflicts and for the qualification, publishes and writes
history, and an update by key that publishes the same draft under the same exclusion constraints and foreign keys: on
the same table, whose triggers keep rules and history for every writer, and on one without triggers. 10,000 trainers and
venues have a session in every second hour; each draft is published into an hour between two of them, where both its
trainer and its venue are free. Commits are durable. That all leave the same sessions is checked first, and after every
measurement that every draft was published.
"""
TARGET = 0.6

OURS = f"""\
select s.id from schedule_session(
    {key(":session")}, {key(":trainer")}, {key(":venue")}, {hour(":hour")}, {hour(":hour + 1")}
) as s;
"""
SIDES = (("training", OURS), ("training", PLAIN_UPDATE), ("bare_training", PLAIN_UPDATE))


def run(lab: Lab, options: Options) -> Findings:
    """Measures two sizes, with 1, 4 and 16 clients."""
    findings = Findings(("sessionbook", "bare"))
    for sessions in (10_000, 20_000) if options.quick else (100_000, 1_000_000):
        with calendar(lab, "publish", sessions) as database:
            sides = [partial(_publish, database, schema, script, sessions) for schema, script in SIDES]
            _same_rows(database, sessions, sides[0], sides[2])
            for clients, count in PUBLISHED.items():
                drafts = 20 * clients if options.quick else count
                turns = in_turn(
                    options.pairs, [partial(side, clients=clients, drafts=drafts) for side in sides], lambda: None
                )
                what = f"{sessions:,} sessions, {clients} client{'s' * (clients > 1)}"
                for side, name in ((1, "same table"), (2, "without triggers")):
                    pairs = [(turn[0], turn[side]) for turn in turns]
                    findings.comparisons.append(Comparison(f"{what}, {name}", "tps", pairs, TARGET))
    return findings


def _publish(database: Database, schema: str, script: str, sessions: int, *, clients: int, drafts: int) -> Sample:
    """One measurement, of drafts that nobody has published."""
    put_back(database, sessions, (schema,))
    return publish(database, schema, script, sessions=sessions, clients=clients, drafts=drafts)


def _same_rows(database: Database, sessions: int, *sides: Callable[..., Sample]) -> None:
    drafts = 100
    for side in sides:
        side(clients=1, drafts=drafts)
    made = (
        f"select to_jsonb(s) - array['created_at', 'updated_at'] from {schema}.sessions as s "
        f"where s.{OF_DRAFTS.format(sessions=sessions)}"
        for schema in SCHEMAS
    )
    differing = database.value(f"select count(*) from ({' except all '.join(made)}) as d")
    changes = database.value("select count(*) from training.status_changes where to_status = 'SCHEDULED'")
    assert (differing, changes) == (0, drafts), f"sessions that differ, changes written: {differing}, {changes}"
