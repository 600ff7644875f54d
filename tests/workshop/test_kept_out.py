"""A trigger of the application that keeps rows out: the call is refused, and no seat is taken by nobody."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from support.clock import set_now
from support.errors import raises_key
from support.market import Market

CALLS = {
    "enroll": "enroll('{open}', 'Z', 'z@z.z')",
    "enroll_many": """enroll_many('{open}', '[{{"student_name": "Z"}}, {{"student_name": "Y"}}]')""",
    "enroll_run": "enroll_run('{run}', 'Z', 'z@z.z')",
    "order": "create_order('{creator}', 'Z', '7', '{items}')",
    "order of a run": "create_order('{creator}', 'Z', '7', '{whole}')",
    "order of both": "create_order('{creator}', 'Z', '7', '{both}')",
    "offer": "accept_offer('{offer}')",
    "free offer": "accept_offer('{gift}')",
    "wait": "join_waitlist('{full}', 'Z', 'z@z.z')",
    "wait for a run": "join_run_waitlist('{full_run}', 'Z', 'z@z.z')",
    "clone": "clone_workshop_sessions('{workshop}', '2027-05-01')",
    "transfer": "transfer_enrollment('{seat}', '{open}')",
    "more seats": "change_seats('{many}', 2)",
    "restore": "restore_enrollment('{gone}')",
    "cancel": "cancel_enrollment('{seat}')",
    "pay": "set_order_status('{order}', 'paid')",
    "give up": "set_order_status('{order}', 'cancelled')",
}
BOOKINGS = ["enroll", "enroll_many", "enroll_run", "order", "order of a run", "order of both", "offer", "free offer"]
CHANGES = ["transfer", "more seats", "restore", "cancel", "pay", "give up"]
ORDERS = ["order", "order of a run", "order of both", "offer"]


@pytest.fixture
def shop(market: Market) -> dict[str, Any]:
    """Something for each call to work on."""
    set_now(market.conn, "2027-01-01 00:00+00")
    workshop, gifts = market.workshop(price=10), market.workshop("Gifts", is_free=True)
    run, full_run = market.run(workshop), market.run(workshop, "Full")
    days = [market.session(workshop, day=day, run_id=run, max_attendees=9) for day in ("2027-01-04", "2027-01-05")]
    full = market.session(workshop, day="2027-01-06", run_id=full_run, max_attendees=1)
    freed = [market.session(own, day="2027-01-07", max_attendees=1) for own in (workshop, gifts)]
    for session in (full, *freed):
        market.conn.execute("select enroll(%s, 'Noor')", [session])
    offers = [market.one("select id from join_waitlist(%s, 'Dana', null, '5')", session) for session in freed]
    market.conn.execute("select cancel_enrollment(id) from enrollments where session_id = any(%s)", [freed])
    gone = market.one("select id from enroll(%s, 'Gone')", days[1])
    market.conn.execute("select cancel_enrollment(%s)", [gone])
    session, whole = {"session_id": str(days[0])}, {"run_id": str(run)}
    items = json.dumps([session])
    return {
        "creator": market.creator, "workshop": workshop, "run": run, "full_run": full_run, "open": days[0],
        "full": full, "offer": offers[0], "gift": offers[1], "gone": gone, "items": items,
        "whole": json.dumps([whole]), "both": json.dumps([session, session, whole]),
        "seat": market.one("select id from enroll(%s, 'Sara')", days[1]),
        "many": market.one("select id from enroll(%s, 'Many')", days[1]),
        "order": market.one("select id from create_order(%s, 'Omar', '8', %s)", market.creator, items),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("event", "table", "names"),
    [
        ("insert", "enrollments", BOOKINGS),
        ("insert", "orders", ORDERS),
        ("insert", "order_items", ORDERS),
        ("insert", "waitlist_entries", ["wait", "wait for a run"]),
        ("insert", "workshop_runs", ["clone"]),
        ("insert", "workshop_sessions", ["clone"]),
        ("update", "enrollments", CHANGES),
        ("update", "orders", ["pay", "give up"]),
    ],
)
def test_rows_that_are_kept_out(market: Market, shop: dict[str, Any], event: str, table: str, names: list[str]) -> None:
    market.conn.execute(
        "create function public.keep_out() returns trigger language plpgsql as $$ begin return null; end $$"
    )
    market.conn.execute(
        f"create trigger keep_out before {event} on {table} for each row execute function public.keep_out()"
    )
    counted = market.everything()
    for name in names:
        with raises_key("PT409", "session_closed"):
            market.conn.execute(f"select {CALLS[name].format(**shop)}".encode())
        assert market.everything() == counted
    assert market.rows("select * from seat_audit") == []


def test_one_of_several_is_kept_out(market: Market, shop: dict[str, Any]) -> None:
    """All or none."""
    market.conn.execute(
        "create function public.keep_out() returns trigger language plpgsql as $$"
        " begin return case when new.session_id = tg_argv[0]::uuid then null else new end; end $$"
    )
    other: UUID = market.one("select id from workshop_sessions where run_id = %s order by id limit 1", shop["run"])
    market.conn.execute(
        f"create trigger keep_out before insert on enrollments for each row execute function public.keep_out('{other}')"
    )
    counted = market.everything()
    for name in ("enroll_run", "order of a run", "order of both"):
        with raises_key("PT409", "session_closed"):
            market.conn.execute(f"select {CALLS[name].format(**shop)}".encode())
    assert market.everything() == counted


def test_items_of_one_session_are_fewer_rows(market: Market, shop: dict[str, Any]) -> None:
    """Which is no trigger's doing."""
    market.conn.execute(f"select {CALLS['order of both'].format(**shop)}".encode())
    assert market.one("select count(*) from enrollments where student_phone = '7'") == 3
    assert market.rows("select * from seat_audit") == []
