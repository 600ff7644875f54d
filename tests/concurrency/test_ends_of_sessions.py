"""Orders come before sessions: whoever ends sessions and whoever buys, pays or gives up meet, and nobody deadlocks."""

from __future__ import annotations

import json
from uuid import UUID

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.market import Market
from support.together import Waiting

NOW = "2027-01-01 10:00+00"
ENDS = {"session": "cancel_session('{session}')", "run": "cancel_run('{run}')"}
MEANWHILE = {
    "buys": "create_order('{creator}', 'Omar', '+965 2', '{items}')",
    "pays": "set_order_status('{order}', 'paid')",
    "pays a part": "record_payment('{order}', 10)",
    "gives up": "set_order_status('{order}', 'cancelled')",
    "gives up a seat": "cancel_enrollment('{seat}')",
    "comes back": "restore_enrollment('{gone}')",
    "moves": "transfer_enrollment('{seat}', '{free}')",
    "ends the other": "cancel_session('{other}')",
    "ends the run": "cancel_run('{run}')",
}
# Gone by then, or not what it was.
REFUSALS = {
    None,
    "session_closed",
    "order_without_seats",
    "enrollment_not_active",
    "illegal_transition",
    "invalid_item",
    "payment_due",
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("ends_first", [True, False])
def test_ends_of_sessions(market: Market, connect: Connect, meanwhile: str, end: str, ends_first: bool) -> None:
    set_now(market.conn, NOW)
    session, other = market.two_days()
    free = market.session(market.workshop("Free", is_free=True), id=UUID(int=1), day="2027-01-06", max_attendees=5)
    order = market.order(session, other, free)
    seats = {row["session_id"]: row["id"] for row in market.rows("select id, session_id from enrollments")}
    market.conn.execute("select cancel_enrollment(%s)", [seats[other]])
    named = {
        "creator": market.creator, "session": session, "other": other, "free": free, "order": order,
        "run": market.one("select run_id from workshop_sessions where id = %s", session),
        "seat": seats[session], "gone": seats[other],
        "items": json.dumps([{"session_id": str(one)} for one in (session, other)]),
    }  # fmt: skip
    calls = [f"select from workshop.{call.format(**named)}" for call in (ENDS[end], MEANWHILE[meanwhile])]
    if not ends_first:
        calls.reverse()
    one, two = connect(autocommit=False), connect(autocommit=False)
    for conn in (one, two):
        set_now(conn, NOW)
        conn.commit()
    one.execute(calls[0].encode())
    waiting = Waiting(two, lambda conn: conn.execute(calls[1].encode()))
    # Nor does the clock wait for either.
    market.conn.execute("set lock_timeout = '2s'")
    set_now(market.conn, "2027-01-01 12:00+00")
    market.tick()
    one.commit()
    refusal = None
    try:
        waiting.result()
    except psycopg.Error as error:
        refusal = error.diag.constraint_name or error.sqlstate
    assert refusal in REFUSALS
    assert market.rows("select * from failed_steps") == []
    assert market.rows("select * from seat_audit") == []
