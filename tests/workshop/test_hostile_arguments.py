"""Whatever an application sends: it is taken, or refused with a key, and then nothing has changed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.clock import set_now
from support.connect import Connect
from support.market import Market

NOW = "2027-01-01 00:00+00"
LONG = "x" * 100_000

HOSTILE: dict[str, list[Any]] = {
    "uuid": [None, uuid4()],
    "text": [None, "", " ", LONG, "'; select 1 --", "٣", "-1", "a\nb", "\u202e", "NaN"],
    "integer": [None, 0, -1, 2**31 - 1, -(2**31)],
    "bigint": [None, 0, -1, 2**63 - 1, -(2**63)],
    "numeric": [None, 0, -1, "NaN", "Infinity", "-Infinity", "0.0001", "9999999.9999", "1e30"],
    "boolean": [None],
    "interval": [None, "0", "-1 day", "-178000000 years", "178000000 years", "367 days"],
    "timestamp with time zone": [None, "infinity", "-infinity", "4713-01-01 00:00 BC", "294276-12-31"],
    "date": [None, "infinity", "-infinity", "4713-01-01 BC", "5874897-12-31", "0001-01-01", "9999-12-31", "1900-01-01"],
    "time without time zone": [None, "00:00", "24:00"],
    "jsonb": [
        None, [], {}, 7, "x", [None], [7], [[]], [{}], [{"x": 1}], [{"quantity": -1}], [{"day": "infinity"}],
        [{}] * 1001,
        [{"session_id": LONG}], [{"session_id": 7, "quantity": "٣"}], [{"run_id": {}, "workshop_id": []}],
        [{"status": LONG, "enrollment_id": None}],
    ],
}  # fmt: skip
HOSTILE["character varying"] = HOSTILE["text"]


@pytest.fixture
def usual(market: Market) -> dict[str, Any]:
    """What each argument is if nothing is wrong with it."""
    set_now(market.conn, NOW)
    workshop = market.workshop(price=10)
    run = market.run(workshop)
    session = market.session(workshop, run_id=run, max_attendees=5)
    other = market.session(workshop, day="2027-01-05", run_id=run, max_attendees=5)
    full = market.session(workshop, day="2027-01-06", max_attendees=1)
    items = json.dumps([{"session_id": str(other)}])
    market.conn.execute("select enroll(%s, 'Omar', 'omar@example.org')", [full])
    order = market.one("select id from create_order(%s, 'Dana', '+965 2', %s)", market.creator, items)
    market.conn.execute("select record_payment(%s, 10)", [order])
    return {
        "p_session_id": session,
        "p_run_id": run,
        "p_workshop_id": workshop,
        "p_creator_id": market.creator,
        "p_order_id": order,
        "p_enrollment_id": market.one("select id from enrollments where order_id = %s", order),
        "p_entry_id": market.one("select id from join_waitlist(%s, 'Noor', 'noor@example.org')", full),
        "p_student_name": "Sara",
        "p_customer_name": "Sara",
        "p_student_email": "sara@example.org",
        "p_student_phone": "+965 1",
        "p_customer_phone": "+965 1",
        "p_contact": "dana@example.org",
        "p_phone": "+965 2",
        "p_order_number": "000001",
        "p_seats": 1,
        "p_amount": 5,
        "p_status": "cancelled",
        "p_order_source": "direct",
        "p_new_start_date": "2027-02-01",
        "p_session_date": "2027-02-01",
        "p_scope": "workshop",
        "p_id": str(workshop),
        "p_items": Jsonb([{"session_id": str(session)}]),
        "p_marks": Jsonb([]),
        "p_limit": 10,
    }


def functions(conn: psycopg.Connection) -> list[tuple[str, list[str], list[str], int]]:
    """What the application may call: name, names and types of arguments, how many have a default."""
    return conn.execute(
        "select p.proname, p.proargnames[1:p.pronargs],"
        " array(select format_type(t, null) from unnest(p.proargtypes) with ordinality as u (t, n) order by n),"
        " p.pronargdefaults"
        " from pg_proc as p where p.pronamespace = 'workshop'::regnamespace and p.prorettype <> 'trigger'::regtype"
        " and p.pronargs > 0 and has_function_privilege('sessionbook_app', p.oid, 'execute') order by 1"
    ).fetchall()


def test_every_argument_of_every_function(market: Market, usual: dict[str, Any], connect: Connect) -> None:
    everything = "select * from workshop_sessions order by id", "select * from orders order by id", (
        "select * from enrollments order by id"
    )  # fmt: skip
    app = connect(role="sessionbook_app", autocommit=False)
    app.execute("set search_path = workshop")
    set_now(app, NOW)
    app.commit()
    wrong, calls, refused = [], 0, set()
    before = [market.rows(query) for query in everything]
    for name, names, types, defaults in functions(market.conn):
        needed = names[: len(names) - defaults]
        for place, kind in zip(names, types, strict=True):
            for value in HOSTILE.get(kind, [None]):
                own = {one: usual.get(one) for one in needed} | {place: Jsonb(value) if kind == "jsonb" else value}
                kinds = dict(zip(names, types, strict=True))
                marks = ", ".join(f"{one} => %({one})s::{kinds[one]}" for one in own)
                calls += 1
                try:
                    app.execute(f"select * from {name}({marks})".encode(), own)
                except psycopg.Error as error:
                    key = error.diag.constraint_name
                    refused.add(key)
                    said = f"{error.diag.message_primary} {error.diag.message_detail} {error.diag.message_hint}"
                    if not (error.sqlstate or "").startswith("PT4") or not key or len(said) > 1500:
                        wrong.append((name, place, str(value)[:40], error.sqlstate, key, said[:200]))
                finally:
                    app.rollback()
    assert wrong == []
    assert [market.rows(query) for query in everything] == before
    # Something was asked, and many things were said.
    assert calls > 500
    assert len(refused) > 20


@pytest.mark.parametrize(
    "role", ["sessionbook_reader", "sessionbook_courier", "sessionbook_clock", "sessionbook_monitor"]
)
def test_who_may_not_book(market: Market, usual: dict[str, UUID], connect: Connect, role: str) -> None:
    conn = connect(role=role)
    for call in ("enroll(%s, 'S')", "cancel_session(%s)", "order_enrollments(%s)", "cancel_run(%s)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(f"select workshop.{call}".encode(), [usual["p_session_id"]])
