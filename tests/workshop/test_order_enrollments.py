"""What an order holds, read in the statement that makes it; and items that name a session alone."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market

BUY = (
    "select e.* from workshop.create_order(%s, 'Sara', '+965 1', %s, p_idempotency_key => %s) as o"
    " cross join workshop.order_enrollments(o.id) as e"
)


@pytest.fixture
def two(market: Market) -> list[UUID]:
    """Sessions of one workshop, in the order of their keys."""
    set_now(market.conn, "2027-01-01 00:00+00")
    pottery = market.workshop(price=10)
    return sorted(market.session(pottery, day=f"2027-01-0{day}") for day in (4, 5))


def buy(market: Market, *items: dict[str, Any], key: str | None = None) -> list[dict[str, Any]]:
    return market.rows(BUY, market.creator, json.dumps(list(items), default=str), key)


def test_in_the_same_statement(market: Market, two: list[UUID]) -> None:
    rows = buy(market, *({"session_id": session, "quantity": 2} for session in two))
    assert [(row["session_id"], row["seats"], row["status"], row["total_price"]) for row in rows] == [
        (session, 2, "pending", 20) for session in two
    ]
    market.conn.execute("select cancel_enrollment(%s)", [rows[0]["id"]])
    assert market.one("select array_agg(status) from order_enrollments(%s)", rows[0]["order_id"]) == [
        "cancelled",
        "pending",
    ]
    assert market.rows("select * from order_enrollments(%s)", uuid4()) == []


def test_a_session_says_what_it_is_of(market: Market, two: list[UUID]) -> None:
    (row,) = buy(market, {"session_id": two[1]}, key="k")
    assert row["session_id"] == two[1]
    of = market.one("select workshop_id from workshop_sessions limit 1")
    assert market.row("select workshop_id, session_id, workshop_name from order_items") == {
        "workshop_id": of,
        "session_id": two[1],
        "workshop_name": "Pottery",
    }
    # The same order, said with more words; and in one that is gone by now.
    assert buy(market, {"session_id": two[1], "workshop_id": of}, key="k") == [row]
    market.conn.execute("set session_replication_role = replica")
    market.conn.execute("delete from workshop_sessions where id = %s", [two[1]])
    assert buy(market, {"session_id": two[1]}, key="k") == [row]


@pytest.mark.parametrize("item", [{"session_id": str(uuid4())}, {"session_id": None}, {"session_id": "x"}, {}])
def test_a_session_that_is_none(market: Market, two: list[UUID], item: dict[str, Any]) -> None:
    with raises_key("PT400", "invalid_item"):
        buy(market, {"session_id": two[0]}, item)
    assert market.one("select count(*) from orders") == 0


def test_a_session_of_another_creator(market: Market, two: list[UUID]) -> None:
    other = market.one("insert into creators (name, username, email) values ('D', 'd', 'd@example.org') returning id")
    with raises_key("PT400", "invalid_item"):
        market.conn.execute(BUY, [other, json.dumps([{"session_id": str(two[0])}]), None])


def test_as_the_application_to_its_commit(market: Market, two: list[UUID], connect: Connect) -> None:
    conn = connect(role="sessionbook_app")
    set_now(conn, "2027-01-01 00:00+00")
    assert len(conn.execute(BUY, [market.creator, json.dumps([{"session_id": str(two[0])}]), None]).fetchall()) == 1
