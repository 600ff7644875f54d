"""Why instants are derived by a trigger on a list of columns and are not generated columns."""

from __future__ import annotations

from bench.database import Database, Lab
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.scenarios.seat import take_seats
from bench.workshops import fill

TITLE = "generated instants on the path of a seat"
ABOUT = """
Evidence for a decision, without a target. The statement of `seat` on two copies of the sessions that differ in one
thing: `last_date`, `starts_at`, `ends_at` and `over_at` are stored generated columns, or plain ones. Both have one
`before update` trigger that does nothing. With such a trigger PostgreSQL computes every generated column anew for
every row updated, whatever was updated, since the trigger might have changed what they follow from. So the package
derives instants in a trigger that fires for their source columns only.
"""

FIRST_AND_LAST = "greatest(session_date, end_date)"
ENDS_AT = f"""case
    when end_time is not null then (
        {FIRST_AND_LAST}
        + case when coalesce(end_date, session_date) = session_date and end_time <= start_time then 1 else 0 end
        + end_time
    ) at time zone timezone
    when duration is not null then (
        (({FIRST_AND_LAST} + start_time) at time zone timezone) at time zone 'UTC'
        + duration::double precision * interval '1 hour'
    ) at time zone 'UTC'
    else ({FIRST_AND_LAST} + 1)::timestamp at time zone timezone
end"""
INSTANTS = {
    "last_date": ("date", FIRST_AND_LAST),
    "starts_at": ("timestamptz", "(session_date + start_time) at time zone timezone"),
    "ends_at": ("timestamptz", ENDS_AT),
    "over_at": (
        "timestamptz",
        f"((({ENDS_AT}) at time zone timezone - interval '1 microsecond')::date + 1)::timestamp at time zone timezone",
    ),
}

TABLE = """\
create schema {schema};
create table {schema}.workshop_sessions (like bare.workshop_sessions including all) with (fillfactor = 90);
alter table {schema}.workshop_sessions {dropped};
alter table {schema}.workshop_sessions {added};
alter table {schema}.workshop_sessions
add foreign key (workshop_id) references bare.workshops (id),
add foreign key (run_id, workshop_id) references bare.workshop_runs (id, workshop_id);
create index on {schema}.workshop_sessions (over_at, id) where status in ('upcoming', 'active', 'full');
create function {schema}.nothing() returns trigger language plpgsql as 'begin return new; end';
create trigger nothing before update on {schema}.workshop_sessions for each row execute function {schema}.nothing();
insert into {schema}.workshop_sessions ({columns}) select {columns} from bare.workshop_sessions;
"""


def run(lab: Lab, options: Options) -> Findings:
    """Measures one and a thousand sessions, with 1 and 16 clients."""
    findings = Findings(("generated", "plain"))
    with lab.database("columns") as database:
        fill(database, "bare", workshops=20, sessions=50, seats=1_000_000_000)
        for schema in findings.sides:
            _make(database, schema, generated=schema == "generated")
        for sessions, label in ((1, "one session"), (1000, "1,000 sessions")):
            for clients in (1, 16):
                pairs = in_pairs(
                    options.pairs,
                    lambda s=sessions, c=clients: take_seats(database, "generated", s, c, options.seconds),  # type: ignore[misc]
                    lambda s=sessions, c=clients: take_seats(database, "plain", s, c, options.seconds),  # type: ignore[misc]
                    lambda: database.run("vacuum (analyze) generated.workshop_sessions, plain.workshop_sessions;\n"),
                )
                what = f"{label}, {clients} client{'s' * (clients > 1)}"
                findings.comparisons.append(Comparison(what, "tps", pairs))
    return findings


def _make(database: Database, schema: str, generated: bool) -> None:
    columns = database.value(
        "select string_agg(attname, ', ' order by attnum) from pg_attribute "
        "where attrelid = 'bare.workshop_sessions'::regclass and attnum > 0 and not attisdropped "
        f"and attname not in ({', '.join(repr(name) for name in (INSTANTS if generated else ['']))})"
    )
    added = (
        f"add column {name} {kind} not null" + (f" generated always as ({expression}) stored" if generated else "")
        for name, (kind, expression) in INSTANTS.items()
    )
    dropped = (f"drop column {name}" for name in INSTANTS)
    database.run(TABLE.format(schema=schema, dropped=", ".join(dropped), added=", ".join(added), columns=columns))
