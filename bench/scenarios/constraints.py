"""What it costs that the calendar cannot be double-booked."""

from __future__ import annotations

from functools import partial

from bench.database import Lab
from bench.departments import PLAIN_UPDATE, SCHEMAS, calendar, hour, key, publish, put_back, take_out
from bench.measure import Comparison, Findings, Options, in_pairs

TITLE = "the two exclusion constraints of the calendar"
ABOUT = """
Evidence, without a target. The plain update of `publish`, and a plain insert of sessions that are in the calendar from
the start, on two copies of the tables without triggers that differ in one thing: the exclusion constraints for trainer
and venue, with their GiST indexes, are there or are not. Foreign keys and all other indexes are there on both sides.
Four clients, durable commits.
"""
CLIENTS = 4
DRAFTS = 6_000

PLAIN_INSERT = f"""\
insert into sessions (id, course_id, trainer_id, venue_id, start_time, end_time, status, created_by_id)
values (
    {key(":session")}, {key(":course")}, {key(":trainer")}, {key(":venue")}, {hour(":hour")}, {hour(":hour + 1")},
    'SCHEDULED', 'planner'
);
"""
WAYS = {"publish": (PLAIN_UPDATE, put_back), "insert": (PLAIN_INSERT, take_out)}
BARE = """\
drop trigger zz_200_enforce_status on sessions;
drop trigger zz_500_record_status_change on sessions;
drop trigger zz_900_touch_updated_at on sessions;
alter table sessions drop constraint sessions_trainer_id_excl, drop constraint sessions_venue_id_excl;
"""


def run(lab: Lab, options: Options) -> Findings:
    """Measures two sizes and two ways into the calendar."""
    findings = Findings(("constraints", "none"))
    drafts = 20 * CLIENTS if options.quick else DRAFTS
    for sessions in (10_000, 20_000) if options.quick else (100_000, 1_000_000):
        with calendar(lab, "constraints", sessions) as database:
            # The package's own schema loses what the bare one does not have either, and the constraints.
            database.run(BARE, "training")
            for way, (script, undo) in WAYS.items():
                without, with_them = (
                    partial(publish, database, schema, script, sessions=sessions, clients=CLIENTS, drafts=drafts)
                    for schema in SCHEMAS
                )
                pairs = in_pairs(options.pairs, with_them, without, partial(undo, database, sessions))
                findings.comparisons.append(Comparison(f"{way}, {sessions:,} sessions", "tps", pairs))
    return findings
