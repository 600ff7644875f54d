"""Payments that come late and twice, while others take the seats: nobody pays for a seat that somebody else has."""

from __future__ import annotations

import json
from collections import Counter
from uuid import UUID

import psycopg

from support.clock import set_now
from support.concurrency import Crowd, errors, keys
from support.market import Market

NOW = "2027-01-01 10:00+00"
# The holds have run out.
LATER = "2027-01-01 11:00+00"
ORDERS = 20


def test_64_connections_over_runs_of_three_sessions(market: Market, database: str) -> None:
    """Each late order is paid by two of them at once, the others take whole runs, two seats each."""
    seen: Counter[str] = Counter()
    with Crowd(database, 64) as crowd:
        crowd.race(lambda conn, _: set_now(conn, LATER))
        for _ in range(3):
            set_now(market.conn, NOW)
            workshop = market.workshop(price=10)
            run = market.run(workshop, price=25)
            for day in (4, 5, 6):
                market.session(workshop, day=f"2027-01-0{day}", run_id=run, max_attendees=50)
            items = json.dumps([{"run_id": str(run)}])
            orders = [
                market.one("select id from create_order(%s, 'Sara', '+965 1', %s)", market.creator, items)
                for _ in range(ORDERS)
            ]
            set_now(market.conn, LATER)

            def work(conn: psycopg.Connection, i: int, run: UUID = run, orders: list[UUID] = orders) -> None:
                if i < 2 * ORDERS:
                    conn.execute("select workshop.record_payment(%s, 25, 'knet', 'p')", [orders[i // 2]])
                else:
                    conn.execute("select from workshop.enroll_run(%s, 'S', %s, null, 2)", [run, f"{i}@example.org"])

            outcome = crowd.race(work)
            # Money is taken down in any case.
            assert errors(outcome[: 2 * ORDERS]) == []
            assert keys(outcome[2 * ORDERS :]) <= {("PT409", "session_full")}
            assert market.rows("select * from seat_audit") == []
            rows = market.rows(
                "select o.status, sum(b.due) as due, sum(b.paid) as paid, sum(b.refundable) as back,"
                " (select count(*) from payments as y where y.order_id = o.id) as payments"
                " from orders as o inner join order_balance as b on b.order_id = o.id where o.id = any(%s)"
                " group by o.id",
                orders,
            )
            assert len(rows) == ORDERS
            for row in rows:
                due = 25 if row["status"] == "paid" else 0
                assert (row["payments"], row["paid"], row["due"], row["back"]) == (1, 25, due, 25 - due)
                seen[row["status"]] += 1
            seen["refused"] += len(errors(outcome))
            assert (
                len(market.rows("select distinct current_attendees from workshop_sessions where run_id = %s", run)) == 1
            )
    # Late orders that got their seats anew, others that came after the last one, and walk-ins that did.
    assert seen["paid"]
    assert seen["pending"] + seen["refused"]
