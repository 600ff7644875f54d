"""Couriers at the outbox."""

from __future__ import annotations

from psycopg import sql

from bench.database import Database, Lab
from bench.lessons import PAST, Lesson, fill
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.pgbench import Sample

TITLE = "claiming and completing reminders"
ABOUT = """
Four couriers (pgbench clients) that claim one, ten or forty reminders and complete each by a statement of its own, or
all together: `claim_reminders()`, which looks at every session again and makes the message anew, and
`complete_reminder()` or `complete_reminders()`; and the bare queue as graphile-worker has it, on the same table
without functions and triggers: `update ... where id in (select ... for update skip locked limit n)`, then an update by
key, or by all keys. 100,000 reminders wait behind 400,000 that were sent. With durable commits, and with
`synchronous_commit` off, where the disk does not hide the work. At the end of every measurement as many must have been
sent as were claimed.
"""
TARGET = 0.6
CLIENTS = 4

LESSONS = [*PAST, Lesson("15 minutes", reminder="queued")]

SESSIONBOOK_CLAIM = "select r.id from claim_reminders('courier ' || :client_id::int, {n}) as r"
SESSIONBOOK_COMPLETE = "select complete_reminder(:id{n}, 'courier ' || :client_id::int);\n"
BARE_CLAIM = """\
update reminders as r
set state = 'claimed', attempts = r.attempts + 1, worker = 'courier ' || :client_id::int,
    lease_until = now() + interval '1 minute', next_attempt_at = null
where r.id = any (array(
    select q.id from reminders as q
    where q.state = 'queued' and q.next_attempt_at <= now()
    order by q.next_attempt_at, q.id
    limit {n}
    for update skip locked
))
returning r.id"""
BARE_COMPLETE = """\
update reminders set state = 'sent', settled_at = now()
where id = :id{n} and state = 'claimed' and worker = 'courier ' || :client_id::int;
"""
SESSIONBOOK_TOGETHER = "select from complete_reminders(:ids::bigint[], 'courier ' || :client_id::int);\n"
BARE_TOGETHER = """\
update reminders set state = 'sent', settled_at = now()
where id = any(:ids::bigint[]) and state = 'claimed' and worker = 'courier ' || :client_id::int;
"""
SIDES = {
    "tutoring": (SESSIONBOOK_CLAIM, SESSIONBOOK_COMPLETE, SESSIONBOOK_TOGETHER),
    "bare_tutoring": (BARE_CLAIM, BARE_COMPLETE, BARE_TOGETHER),
}
# Reminders a claim, and whether they are completed together.
BATCHES = ((1, False), (10, False), (10, True), (40, True))

PUT_BACK = """\
update reminders
set state = 'queued', attempts = 0, next_attempt_at = for_starts_at - interval '1 hour', worker = null,
    lease_until = null, settled_at = null
where settled_at > now() - interval '1 day';
vacuum (analyze) reminders;
"""


def run(lab: Lab, options: Options) -> Findings:
    """Measures one and ten reminders a claim, durable and not."""
    courses = 20_000 if options.quick else 100_000
    findings = Findings(("sessionbook", "bare"))
    with lab.database("claims") as database:
        now = database.value("select date_trunc('minute', now())")
        for schema in SIDES:
            fill(database, schema, courses=courses, lessons=LESSONS, now=now)
        for commit in ("on", "off"):
            _commit(database, commit)
            for each, together in BATCHES:
                # A client never empties the queue: a claim that finds nothing would end pgbench.
                times = (50 if options.quick else {"on": 1200, "off": 3000}[commit]) // {1: 1, 10: 5, 40: 10}[each]
                pairs = in_pairs(
                    options.pairs,
                    lambda n=each, a=together, t=times: _send(database, "tutoring", n, a, t),  # type: ignore[misc]
                    lambda n=each, a=together, t=times: _send(database, "bare_tutoring", n, a, t),  # type: ignore[misc]
                    lambda: put_back(database),
                )
                what = f"{each} a claim{', completed together' if together else ''}, {CLIENTS} couriers, " + (
                    "durable" if commit == "on" else "not durable"
                )
                findings.comparisons.append(Comparison(what, "tps", pairs, TARGET))
        findings.notes.append("A transaction here is one claim with the completion of all that it claimed.")
    return findings


def _send(database: Database, schema: str, each: int, together: bool, times: int) -> Sample:
    claim, complete, complete_all = SIDES[schema]
    numbers = range(1, each + 1)
    ids = "array_agg(c.id) as ids" if together else ", ".join(f"(array_agg(c.id))[{n}] as id{n}" for n in numbers)
    script = f"with c as ({claim.format(n=each)}) select {ids} from c \\gset\n"
    script += complete_all if together else "".join(complete.format(n=n) for n in numbers)
    count = f"select count(*) from {schema}.reminders where state = 'sent' and settled_at > now() - interval '1 day'"
    before = database.value(count)
    sample = database.pgbench(script, search_path=schema, clients=CLIENTS, transactions=times)
    after = database.value(count)
    assert isinstance(before, int)
    assert isinstance(after, int)
    sent = after - before
    assert sent == sample.transactions * each, f"{sent} sent in {sample.transactions} transactions of {each}"
    return sample


def send_jobs(database: Database, each: int, times: int) -> Sample:
    """The package's side, with rates of reminders, not of claims."""
    sample = _send(database, "tutoring", each, each > 1, times)
    return Sample(sample.transactions * each, sample.per_second * each, sample.latency_ms / each)


def put_back(database: Database) -> None:
    """Queues what was sent, on both sides."""
    for schema in SIDES:
        database.run(PUT_BACK, schema)


def _commit(database: Database, setting: str) -> None:
    """Sets synchronous_commit for the connections that follow."""
    with database.connect() as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter database {} set synchronous_commit = {}").format(name, setting))
