"""Enrolling a student in a whole run."""

from __future__ import annotations

from bench.database import Database, Lab
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.pgbench import Sample
from bench.workshops import fill, key, settle

TITLE = "enrolling in a run of eight sessions"
ABOUT = """
`enroll_run(run, name, e-mail)` and the bare statements that it stands for in one function in PL/pgSQL without a
`search_path` of its own: eight guarded counter updates in the order of the session keys, and one insert of eight
enrollments. The bare function is handed the sessions and each one's share of the price, and looks at nothing else. Both
write the same tables with the same triggers and indexes. 200 runs have eight sessions each. Commits are durable. More
than 4 clients are measured longer, in proportion, because each connection reads the catalog and plans but once. At the
end of every measurement counters and enrollments must both have grown by eight a transaction.
"""
# Within 1.5 times its bare statements.
TARGET = 0.67

CLIENTS_A_TURN = 4
RUNS = 200
SESSIONS = 8

FUNCTION = """\
create function workshop.bare_enroll_run(
    p_workshop_id uuid, p_sessions uuid[], p_name text, p_email text, p_share numeric
)
returns setof enrollments
language plpgsql
as $function$
declare
    v_session_id uuid;
begin
    foreach v_session_id in array p_sessions loop
        update workshop_sessions
        set current_attendees = current_attendees + 1
        where id = v_session_id and current_attendees < max_attendees;
        if not found then
            raise exception 'full';
        end if;
    end loop;
    return query
    insert into enrollments (workshop_id, session_id, student_name, student_email, total_price, status)
    select p_workshop_id, s.id, p_name, p_email, p_share, 'successful'
    from unnest(p_sessions) as s (id)
    returning *;
end
$function$
"""

EMAIL = "'e' || :e || '@example.org'"
RUN = key(":n::int")
KEYS = ", ".join(key(f"((:n::int - 1) * {SESSIONS} + {place})") for place in range(1, SESSIONS + 1))

ENROLL = f"select * from enroll_run({RUN}, 'Student', {EMAIL});\n"
BARE = f"select * from bare_enroll_run({RUN}, array[{KEYS}], 'Student', {EMAIL}, 0);\n"

ANYBODY = f"\\set n random(1, {RUNS})\n\\set e random(1, {10**15})\n"
COUNTED = "select (select sum(current_attendees) from workshop_sessions), (select count(*) from enrollments)"


def run(lab: Lab, options: Options) -> Findings:
    """Measures 1 and 16 clients."""
    findings = Findings(("sessionbook", "bare"))
    with lab.database("runs") as database:
        fill(database, "workshop", workshops=RUNS, sessions=SESSIONS, seats=10**9)
        with database.connect("workshop") as connection:
            connection.execute(FUNCTION.encode())
        for clients in (1, 16):
            seconds = options.seconds * max(1, clients / CLIENTS_A_TURN)
            pairs = in_pairs(
                options.pairs,
                lambda c=clients, t=seconds: enroll(database, ENROLL, c, t),  # type: ignore[misc]
                lambda c=clients, t=seconds: enroll(database, BARE, c, t),  # type: ignore[misc]
                lambda: settle(database, "workshop"),
            )
            what = f"{clients} client{'s' * (clients > 1)}"
            findings.comparisons.append(Comparison(what, "tps", pairs, TARGET))
    return findings


def enroll(database: Database, body: str, clients: int, seconds: float) -> Sample:
    """One measurement; every transaction must have taken a seat in each session and said who sits there."""
    before = _counted(database)
    sample = database.pgbench(ANYBODY + body, search_path="workshop", clients=clients, seconds=seconds)
    grown = [after - so_far for after, so_far in zip(_counted(database), before, strict=True)]
    assert grown == [sample.transactions * SESSIONS] * 2, (
        f"{grown} seats and rows in {sample.transactions} transactions"
    )
    return sample


def _counted(database: Database) -> tuple[int, ...]:
    with database.connect("workshop") as connection:
        row = connection.execute(COUNTED).fetchone()
    assert row is not None
    return tuple(row)
