"""Enrolling a student: the seat and the row that says who sits there."""

from __future__ import annotations

from bench.database import Database, Lab
from bench.enrollments import PRICE, SESSIONS, SESSIONS_EACH, fill, seats_and_rows, settle
from bench.measure import Comparison, Findings, Options, in_turn
from bench.pgbench import Sample
from bench.workshops import key

TITLE = "enrolling a student"
ABOUT = """
`enroll(session, name, e-mail)`, and the bare pair of statements that it stands for, the guarded counter update and the
insert of the enrollment, with the workshop and the price known beforehand and nothing else looked at (neither the
booking window, nor the waiting list, nor whether the student sits there already): in one function in PL/pgSQL without a
`search_path` of its own, and in a transaction of four statements that the client sends. All three write the same tables
with the same triggers and indexes; what the triggers cost is scenario `seat`. 100,000 enrollments are there from the
start. Commits are durable. More than 8 clients are measured longer, in proportion. That all make the same rows is
checked first; at the end of every measurement counters and enrollments must both have grown by the number of
transactions.
"""
TARGET = 0.85
CLIENTS_A_TURN = 8

FUNCTION = """\
create function workshop.bare_enroll(p_workshop_id uuid, p_session_id uuid, p_name text, p_email text, p_price numeric)
returns enrollments
language plpgsql
as $function$
declare
    v_enrollment enrollments;
begin
    update workshop_sessions
    set current_attendees = current_attendees + 1
    where id = p_session_id and current_attendees < max_attendees;
    if not found then
        raise exception 'full';
    end if;
    insert into enrollments (workshop_id, session_id, student_name, student_email, total_price, status)
    values (p_workshop_id, p_session_id, p_name, p_email, p_price, 'successful')
    returning * into v_enrollment;
    return v_enrollment;
end
$function$
"""

SESSION = key(":n::int")
WORKSHOP = key(f"(1 + (:n::int - 1) / {SESSIONS_EACH})")
EMAIL = "'e' || :e || '@example.org'"

ENROLL = f"select * from enroll({SESSION}, 'Student', {EMAIL});\n"
BARE = f"select * from bare_enroll({WORKSHOP}, {SESSION}, 'Student', {EMAIL}, {PRICE});\n"
CLIENT = f"""\
begin;
update workshop_sessions set current_attendees = current_attendees + 1
where id = {SESSION} and current_attendees < max_attendees;
insert into enrollments (workshop_id, session_id, student_name, student_email, total_price, status)
values ({WORKSHOP}, {SESSION}, 'Student', {EMAIL}, {PRICE}, 'successful')
returning *;
commit;
"""

ANYBODY = f"\\set n random(1, :sessions)\n\\set e random(1, {10**15})\n"
ONE_BY_ONE = "\\set n :n + 97\n\\set e :n\n"
# What was made, without keys and times of making.
MADE = """\
select to_jsonb(e) - array['id', 'enrollment_date', 'created_at', 'updated_at'], s.current_attendees, s.status
from enrollments as e
join workshop_sessions as s on s.id = e.session_id
where e.student_email like 'e%'
order by e.session_id"""
FORGET = """\
update workshop_sessions as s set current_attendees = s.current_attendees - 1
from enrollments as e
where e.session_id = s.id and e.student_email like 'e%';
delete from enrollments where student_email like 'e%';
"""


def run(lab: Lab, options: Options) -> Findings:
    """Measures one and a thousand sessions, with 1, 4, 16 and 64 clients."""
    findings = Findings(("sessionbook", "bare"))
    with lab.database("enroll") as database:
        fill(database, each=10 if options.quick else 100)
        with database.connect("workshop") as connection:
            connection.execute(FUNCTION.encode())
        _same_rows(database)
        for sessions, label in ((1, "one session"), (SESSIONS, "1,000 sessions")):
            for clients in (1, 16) if options.quick else (1, 4, 16, 64):
                # What each connection does but once, reading the catalog and planning, would count if many share
                # two processors for a moment.
                seconds = options.seconds * max(1, clients / CLIENTS_A_TURN)
                turns = in_turn(
                    options.pairs,
                    [
                        lambda b=body, s=sessions, c=clients, t=seconds: enroll(database, b, s, c, t)  # type: ignore[misc]
                        for body in (ENROLL, BARE, CLIENT)
                    ],
                    lambda: settle(database),
                )
                what = f"{label}, {clients} client{'s' * (clients > 1)}"
                for side, name, target in ((1, "function", TARGET), (2, "transaction", None)):
                    pairs = [(turn[0], turn[side]) for turn in turns]
                    findings.comparisons.append(Comparison(f"{what}, bare {name}", "tps", pairs, target))
    return findings


def enroll(database: Database, body: str, sessions: int, clients: int, seconds: float) -> Sample:
    """One measurement; every transaction must have taken a seat and said who sits there."""
    before = seats_and_rows(database)
    sample = database.pgbench(
        ANYBODY + body, search_path="workshop", clients=clients, seconds=seconds, variables={"sessions": sessions}
    )
    grown = [after - so_far for after, so_far in zip(seats_and_rows(database), before, strict=True)]
    assert grown == [sample.transactions] * 2, f"{grown} seats and rows in {sample.transactions} transactions"
    return sample


def _same_rows(database: Database) -> None:
    made = []
    for body in (ENROLL, BARE, CLIENT):
        database.pgbench(ONE_BY_ONE + body, search_path="workshop", transactions=10, variables={"n": 0})
        with database.connect("workshop") as connection:
            made.append(connection.execute(MADE.encode()).fetchall())
        database.run(FORGET, "workshop")
    assert len(made[0]) == 10, f"{len(made[0])} enrollments by 10 calls"
    assert made[0] == made[1] == made[2], f"not the same rows: {made}"
