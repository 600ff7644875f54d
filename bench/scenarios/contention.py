"""Many planners at the same few hours."""

from __future__ import annotations

from bench.database import Database, Lab
from bench.departments import PLACED, SCHEMAS, hour, key, settle
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.pgbench import Sample

TITLE = "many planners at few slots"
ABOUT = """
Sixteen planners, each of whom publishes drafts of their own for one of 8 trainers, one of 8 venues and one of 2 hours,
all drawn at random: `schedule_session()`, where the second of two waits at the trainer's row and is refused, and an
update on the same table without triggers that leaves it to the exclusion constraints, among which two who want the same
hour wait for each other until PostgreSQL ends one. The winner of the slot cancels the session at once, so that there is
always something to get. Either is called by a function that takes the refusal for an answer. A decision is a session
published or refused; who is ended by a deadlock got none. Sessionbook must not have a single one. Commits are durable.
"""
TARGET = 5.0
CLIENTS = 16
PLACES = 8
# The one that every trainer may teach.
COURSE = key(str(PLACES - 1))
# Drafts a client and second: more than it can publish.
DRAFTS = 800

# Sequences count without making anybody wait, and whatever becomes of the transaction.
ANSWERS = """\
create sequence published;
create sequence refused;
create sequence deadlocks;
create function try_to_publish(p_session text, p_trainer text, p_venue text, p_start timestamptz) returns integer
language plpgsql set search_path from current as $function$
begin
    {publish};
    perform nextval('published');
    return 1;
exception
    when {refusal} then
        perform nextval('refused');
        return 0;
    when deadlock_detected then
        perform nextval('deadlocks');
        return 0;
end
$function$
"""
COUNTS = (
    "select array["
    + ", ".join(
        f"(select case when is_called then last_value else 0 end from {{schema}}.{name})"
        for name in ("published", "refused", "deadlocks")
    )
    + "]"
)

SIDES = {
    "training": (
        "perform schedule_session(p_session, p_trainer, p_venue, p_start, p_start + interval '1 hour')",
        "sqlstate 'PT409'",
        "select s.id from cancel_session({session}) as s;",
    ),
    "bare_training": (
        """update sessions
    set trainer_id = p_trainer, venue_id = p_venue, start_time = p_start, end_time = p_start + interval '1 hour',
        status = 'SCHEDULED'
    where id = p_session and status = 'DRAFT' and deleted_at is null""",
        "exclusion_violation",
        "update sessions set status = 'CANCELLED' where id = {session};",
    ),
}
SCRIPT = f"""\
\\set session :client_id * :each + :n
\\set trainer random(0, {PLACES} - 1)
\\set venue random(0, {PLACES} - 1)
\\set hour random(0, 1)
select try_to_publish({key(":session")}, {key(":trainer")}, {key(":venue")}, {hour(":hour")}) as published \\gset
\\if :published
{{cancel}}
\\set n :n + 1
\\endif
"""


def run(lab: Lab, options: Options) -> Findings:
    """Measures decisions a second."""
    findings = Findings(("sessionbook", "constraints alone"))
    deadlocks = []
    with lab.database("contention") as database:
        for schema, (publish, refusal, _) in SIDES.items():
            database.run(PLACED.format(places=PLACES), schema)
            with database.connect(schema) as connection:
                connection.execute(ANSWERS.format(publish=publish, refusal=refusal).encode())
        each = int(DRAFTS * options.seconds)

        def bare() -> Sample:
            sample, ended = _decide(database, "bare_training", each, options.seconds)
            deadlocks.append(ended)
            return sample

        def ours() -> Sample:
            sample, ended = _decide(database, "training", each, options.seconds)
            assert ended == 0, f"{ended} deadlocks"
            return sample

        pairs = in_pairs(options.pairs, ours, bare, lambda: _draft_anew(database, each))
    what = f"decisions, {PLACES} trainers and venues, 2 hours, {CLIENTS} clients"
    findings.comparisons.append(Comparison(what, "tps", pairs, TARGET))
    findings.notes.append(f"Deadlocks, all of the constraints alone: {', '.join(map(str, deadlocks))} a measurement.")
    return findings


def _decide(database: Database, schema: str, each: int, seconds: float) -> tuple[Sample, int]:
    """Decisions made, and deadlocks."""
    *_, cancel = SIDES[schema]
    script = SCRIPT.format(cancel=cancel.format(session=key(":session")))
    variables = {"n": 0, "each": each}
    run = database.pgbench(script, search_path=schema, clients=CLIENTS, seconds=seconds, variables=variables)
    counts = database.value(COUNTS.format(schema=schema))
    assert isinstance(counts, list)
    published, refused, deadlocks = counts
    assert published + refused + deadlocks == run.transactions, f"{counts} in {run.transactions} transactions"
    cancelled = database.value("select count(*) from sessions where status = 'CANCELLED'", schema)
    assert cancelled == published, f"{published} published, {cancelled} cancelled"
    decisions = published + refused
    return Sample(decisions, run.per_second * decisions / run.transactions, run.latency_ms), deadlocks


def _draft_anew(database: Database, each: int) -> None:
    for schema in SCHEMAS:
        database.run(
            "truncate sessions, session_attendees, status_changes;\n"
            "insert into sessions (id, course_id, created_by_id)\n"
            f"select {key('n')}, {COURSE}, 'planner' from generate_series(0, {CLIENTS * each} - 1) as n;\n"
            + "".join(f"alter sequence {name} restart;\n" for name in ("published", "refused", "deadlocks")),
            schema,
        )
    settle(database)
