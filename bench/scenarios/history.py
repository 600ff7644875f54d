"""A long history in one table, and in a table for each month."""

from __future__ import annotations

from collections.abc import Callable

from bench.database import Database, Lab
from bench.measure import Comparison, Findings, Options, Unit, in_pairs
from bench.pgbench import Sample

TITLE = "history in one table, or partitioned by month"
ABOUT = """
`status_changes` of 24 months, ten moves a session: as the package has it, and partitioned by hand, a table for each
month. What callers wait for: the insert of a move by four clients, commits durable, and the history of one session.
What the night waits for: deleting the oldest day, by one statement on both sides; and the oldest month, by one
statement, or by dropping its table. Deletions are rolled back. Partitions come if what callers wait for gains 2.
"""
ROWS = (1_000_000, 10_000_000)
MONTHS = 24
# How much slower one table may be before partitions pay.
GAIN = 2.0

COLUMNS = "machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at"
PARTED = f"""\
create schema parted;
create table parted.status_changes (like workshop.status_changes including defaults) partition by range (changed_at);
create sequence parted.ids;
alter table parted.status_changes alter column id set default nextval('parted.ids');
do $$
begin
    for v_month in 0 .. {MONTHS} loop
        execute format(
            'create table parted.month_%s partition of parted.status_changes for values from (%L) to (%L)',
            v_month,
            date_trunc('month', now()) - ({MONTHS - 1} - v_month) * interval '1 month',
            date_trunc('month', now()) - ({MONTHS - 2} - v_month) * interval '1 month'
        );
    end loop;
end
$$;
"""
WITHOUT_INDEXES = """\
alter table workshop.status_changes drop constraint status_changes_pkey;
drop index workshop.status_changes_machine_subject_id_idx, workshop.status_changes_changed_at_idx;
"""
FILL = f"""\
insert into {{schema}}.status_changes ({COLUMNS})
select 'workshop.session', 'session-' || n % ({{rows}} / 10), 'scheduled', 'completed', 'clock', 'owner', 'owner',
    f.oldest + (now() - f.oldest) * (n / {{rows}}::double precision)
from generate_series(1, {{rows}}) as n
cross join (select date_trunc('month', now()) - {MONTHS - 1} * interval '1 month' as oldest) as f;
"""
INDEXES = """\
alter table {schema}.status_changes add primary key ({key});
create index on {schema}.status_changes (machine, subject_id);
create index on {schema}.status_changes (changed_at);
vacuum analyze {schema}.status_changes;
"""
INSERT = f"""\
\\set id random(1, :rows / 10)
insert into status_changes ({COLUMNS})
values ('workshop.session', 'session-' || :id, 'scheduled', 'completed', 'clock', 'owner', 'owner', now());
"""
READ = """\
\\set id random(1, :rows / 10)
select c.from_status, c.to_status, c.cause, c.changed_at from status_changes as c
where c.machine = 'workshop.session' and c.subject_id = 'session-' || :id order by c.id;
"""
# With a value that the planner knows, so that it reads one partition.
DELETE = f"""\
begin;
select date_trunc('month', now()) - interval '{MONTHS - 1} months' + interval '1 {{span}}' as before \\gset
delete from status_changes as c where c.changed_at < :before::timestamptz;
rollback;
"""
DROP = """\
begin;
alter table status_changes detach partition month_0;
drop table month_0;
rollback;
"""
DAY = DELETE.format(span="day")
MONTH = DELETE.format(span="month")


def run(lab: Lab, options: Options) -> Findings:
    """Measures both sizes."""
    findings = Findings(("one table", "partitioned"))
    for rows in (100_000,) if options.quick else ROWS:
        with lab.database(f"history_{rows}") as database:
            _fill(database, rows)
            ways: list[tuple[str, Unit, tuple[str, str], int, int | None]] = [
                ("a move recorded, 4 clients", "tps", (INSERT, INSERT), 4, None),
                ("history of one session", "ms", (READ, READ), 1, None),
                ("oldest day deleted", "ms", (DAY, DAY), 1, 1),
                ("oldest month deleted", "ms", (MONTH, DROP), 1, 1),
            ]
            for what, unit, scripts, clients, times in ways:
                sides = [
                    _side(database, schema, script, rows, clients, times, options.seconds)
                    for schema, script in zip(("workshop", "parted"), scripts, strict=True)
                ]
                pairs = in_pairs(options.pairs, sides[0], sides[1], lambda: None)
                findings.comparisons.append(
                    Comparison(f"{rows:,} rows, {what}", unit, pairs, GAIN if unit == "ms" else 1 / GAIN)
                )
    return findings


def _fill(database: Database, rows: int) -> None:
    with database.connect() as connection:
        connection.execute(PARTED.encode())
    database.run(WITHOUT_INDEXES)
    for schema, key in (("workshop", "id"), ("parted", "changed_at, id")):
        database.run(FILL.format(schema=schema, rows=rows))
        database.run(INDEXES.format(schema=schema, key=key))


def _side(
    database: Database, schema: str, script: str, rows: int, clients: int, times: int | None, seconds: float
) -> Callable[[], Sample]:
    return lambda: database.pgbench(
        script,
        search_path=schema,
        clients=clients,
        seconds=seconds if times is None else None,
        transactions=times,
        variables={"rows": rows},
    )
