"""What browsers read once sql/policies is run: what belongs to the person whom the token names, call by call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors, sql
from sessionbook.deploy.verify import verify

from support.browsers import Browsed, Claims, installed, no_claims, open_to_browsers
from support.errors import raises_key
from support.market import Market, open_market
from support.server import Server

MINE = {"email": "Noor@Example.org", "phone": "+965 5550 0001"}


class Shop(Browsed):
    """Two creators with a workshop each; in both Noor has booked, bought and waits, and so does somebody else."""

    def __init__(self, dsn: str, schema: str, prefix: str) -> None:
        super().__init__(dsn, schema, prefix)
        self.creators: list[UUID] = []
        self.workshops: list[UUID] = []
        for number in (1, 2):
            self.fill(number)
        self.conn.commit()

    def fill(self, number: int) -> None:
        row = self.conn.execute(
            "insert into creators (name, username, email) values (%s, %s, %s) returning id",
            [f"seller{number}", f"seller{number}", f"seller{number}@example.org"],
        ).fetchone()
        assert row is not None
        market = Market(self.conn, row[0])
        workshop = market.workshop(f"craft{number}", price=10, currency="KWD")
        session = market.session(workshop, day="2099-01-01", max_attendees=2, timezone="UTC")
        market.session(market.workshop(f"draft{number}", is_active=False), day="2099-01-01", timezone="UTC")
        market.session(workshop, day="2099-02-01", max_attendees=5, timezone="UTC")
        people = (("Noor", "noor@example.org", "0096555500001"), ("Dana", "dana@kw.org", "55500002"))
        item = json.dumps([{"workshop_id": str(workshop), "session_id": str(session)}])
        for name, address, phone in people:
            order = market.one(
                "select id from create_order(%s, %s, %s, %s, p_customer_email => %s)",
                *(market.creator, f"{name}{number}", phone, item, address),
            )
            self.conn.execute("select record_payment(%s, 10, 'cash')", [order])
        for name, address, phone in people:
            entry = [session, f"{name}Waits{number}", f"w{address}", phone]
            self.conn.execute("select join_waitlist(%s, %s, %s, %s)", entry)
        self.creators.append(market.creator)
        self.workshops.append(workshop)

    def told(self, kind: str, claims: Claims) -> str:
        """Everything that the role can read or be told, also of the rows of others."""
        ids = self.conn.execute("select id::text from workshops union all select id::text from enrollments").fetchall()
        values = {
            "uuid": [f"'{key}'::uuid" for (key,) in ids],
            "integer": ["10"],
            "text": [f"'{word}'" for word in self.order_numbers()],
        }
        return self.shown(kind, claims, values)

    def order_numbers(self) -> list[str]:
        return [number for (number,) in self.conn.execute("select order_number from orders").fetchall()]


@pytest.fixture(scope="module", params=["of its own", "of a tenant"])
def opened(request: pytest.FixtureRequest, server: Server, template: str) -> Iterator[Shop]:
    with installed(server, template, "workshop", request.param == "of a tenant") as (dsn, schema, prefix):
        shop = Shop(dsn, schema, prefix)
        open_to_browsers(dsn, schema, "workshop")
        yield shop
        shop.conn.close()


@pytest.fixture
def shop(opened: Shop) -> Iterator[Shop]:
    yield opened
    opened.conn.rollback()


def test_student_sees_what_is_sold_and_what_is_theirs(shop: Shop) -> None:
    assert shop.counts("student", MINE) == {
        "creators": 2, "workshops": 2, "workshop_runs": 2, "workshop_sessions": 4, "enrollments": 2, "orders": 2,
        "order_items": 2, "payments": 2, "attendance": 0, "waitlist_entries": 2, "order_tracking": 2,
        "order_balance": 2, "certificates": 0,
    }  # fmt: skip


@pytest.mark.parametrize("claims", [{"email": MINE["email"]}, {"phone": MINE["phone"]}, {"phone": "00965 5550-0001"}])
def test_address_or_phone_number_is_enough(shop: Shop, claims: dict[str, str]) -> None:
    assert shop.counts("student", claims)["orders"] == 2


@pytest.mark.parametrize(
    "claims",
    [
        None,
        "",
        {"email": "+96555500001"},
        {"phone": "noor@example.org"},
        {"sub": "noor@example.org"},
        {"email": "%@%"},
        *no_claims("email", MINE["email"]),
        *no_claims("phone", MINE["phone"]),
        {"phone": "+1 965 5550 0001"},
        {"email": "dana@\u212aw.org"},
        '["email", "phone"]',
        '"noor@example.org"',
    ],
)
def test_token_that_names_nobody_shows_nobody(shop: Shop, claims: dict[str, Any] | str | None) -> None:
    counts = shop.counts("student", claims)
    assert {name: n for name, n in counts.items() if n} == {
        "creators": 2,
        "workshops": 2,
        "workshop_runs": 2,
        "workshop_sessions": 4,
    }
    text = shop.told("student", claims)
    words = ("Noor1", "Noor2", "NoorWaits", "Dana1", "Dana2", "DanaWaits", "BEGIN:VEVENT")
    assert [word for word in words if word in text] == []


def test_claims_that_are_no_json_are_an_error(shop: Shop) -> None:
    shop.browse("student", "{")
    with pytest.raises(errors.InvalidTextRepresentation):
        shop.rows("select id from orders")


def test_student_is_told_of_nobody_else_by_anything(shop: Shop) -> None:
    text = shop.told("student", MINE)
    assert [word for word in ("Noor1", "Noor2", "NoorWaits1", "craft2", "BEGIN:VCALENDAR") if word not in text] == []
    assert [word for word in ("Dana", "dana@", "55500002", "draft") if word in text] == []


def test_creator_sees_their_shop_and_no_other(shop: Shop) -> None:
    claims = {"creator_id": str(shop.creators[0])}
    counts = shop.counts("creator", claims)
    assert {name: counts[name] for name in ("creators", "workshops", "enrollments", "orders", "waitlist_entries")} == {
        "creators": 1, "workshops": 2, "enrollments": 2, "orders": 2, "waitlist_entries": 2
    }  # fmt: skip
    text = shop.told("creator", claims)
    assert [word for word in ("Noor1", "Dana1", "craft1", "draft1", "seller1@", "DanaWaits1") if word not in text] == []
    assert [word for word in ("Noor2", "Dana2", "craft2", "draft2", "seller2", "DanaWaits2") if word in text] == []


@pytest.mark.parametrize("claims", [None, {}, {"creator_id": ""}, {"creator_id": "%"}, MINE])
def test_creator_without_a_claim_sees_nothing(shop: Shop, claims: dict[str, str] | None) -> None:
    assert {name: n for name, n in shop.counts("creator", claims).items() if n} == {}


def test_numbers_are_those_that_the_owner_sees(shop: Shop) -> None:
    creator = shop.creators[0]
    for query in (
        "select * from organizer_runs where creator_id = %s",
        "select * from store_sessions where creator_id = %s",
        "select * from order_tracking where creator_id = %s order by order_item_id",
    ):
        before = shop.conn.execute(query.encode(), [creator]).fetchall()
        shop.browse("creator", {"creator_id": str(creator)})
        assert shop.conn.execute(query.encode(), [creator]).fetchall() == before
        shop.conn.rollback()
    query = "select due, paid, refundable from order_tracking where order_id = %s"
    (order,) = shop.conn.execute("select id from orders where customer_name = 'Noor1'").fetchall()[0]
    before = shop.conn.execute(query, [order]).fetchall()
    shop.browse("student", MINE)
    assert shop.conn.execute(query, [order]).fetchall() == before


@pytest.mark.parametrize("kind", ["student", "creator"])
def test_browser_calls_nothing_that_believes_its_arguments_and_writes_nothing(shop: Shop, kind: str) -> None:
    believing = [
        "select * from my_bookings('dana@kw.org')",
        "select * from track_order('1', '55500002')",
        "select calendar_feed('student', 'dana@kw.org')",
        "select * from enroll(gen_random_uuid(), 'X', 'x@x.org')",
        "select * from export_person('dana@kw.org')",
        "select create_calendar_token('student', 'dana@kw.org')",
        "select * from read_events(0, 1)",
        "select * from status_changes",
        "select * from events",
        "select * from lifecycle.clocks",
        "insert into orders default values",
        "update enrollments set seats = 9",
        "delete from waitlist_entries",
        "alter table orders disable row level security",
    ]
    shop.browse(kind, MINE)
    for statement in believing:
        with pytest.raises(errors.InsufficientPrivilege), shop.conn.transaction():
            shop.conn.execute(statement.encode())
    assert shop.rows("select schema_name from lifecycle.overview") == []


def test_calls_of_a_student_answer_for_the_claims(shop: Shop) -> None:
    numbers = shop.rows("select order_number from orders where customer_name = 'Noor1'")
    shop.browse("student", MINE)
    assert [row["title"] for (row,) in shop.rows("select own_bookings()")] == ["craft1", "craft2"] or [
        row["title"] for (row,) in shop.rows("select own_bookings()")
    ] == ["craft2", "craft1"]
    found = shop.conn.execute("select o ->> 'order_number' from own_order(%s) as o", numbers[0]).fetchall()
    assert set(found) == set(numbers)
    assert "craft1" in str(shop.rows("select own_calendar()"))
    shop.conn.rollback()
    shop.browse("student", {"phone": MINE["phone"]})
    with raises_key("PT404", "calendar_not_found"):
        shop.rows("select own_calendar()")


def test_student_finds_free_seats_that_are_free(shop: Shop) -> None:
    """Counted over everybody's rows, most of which the student does not see."""
    queries = [
        "select session_id, available_seats from list_available_sessions(%s)",
        "select session_id, seats_left from search_sessions('craft') where workshop_id = %s",
    ]
    before = [shop.conn.execute(query.encode(), [shop.workshops[0]]).fetchall() for query in queries]
    assert all(before)
    shop.browse("student", MINE)
    assert [shop.conn.execute(query.encode(), [shop.workshops[0]]).fetchall() for query in queries] == before


@pytest.mark.parametrize("kind", ["app", "writer", "reader"])
def test_other_roles_see_what_they_saw(shop: Shop, kind: str) -> None:
    assert shop.counts(kind, MINE)["enrollments"] == 4


def test_application_and_clock_work_as_before(shop: Shop) -> None:
    market = open_market(shop.conn)
    session = market.session(market.workshop(), day="2099-01-01", timezone="UTC")
    shop.browse("app", {"email": "x@x.org"})
    shop.conn.execute("select enroll(%s, 'X', 'x@x.org')", [session])
    shop.conn.execute("reset role")
    shop.conn.execute("set constraints all immediate")
    assert shop.conn.execute("select failed from lifecycle.advance(%s)", [shop.schema]).fetchall() != []


def test_verify_holds_the_policies(shop: Shop) -> None:
    only = {"schemas": {"workshop": shop.schema}, "units": ["workshop"]}
    assert verify(shop.dsn, **only).exit_code == 0
    for statement, kind, name in (
        ("alter policy browser_student on orders using (true)", "changed", "policy browser_student on orders"),
        ("drop policy browser on payments", "missing", "policy browser on payments"),
        ("alter table orders disable row level security", "changed", "table orders"),
    ):
        with psycopg.connect(shop.dsn) as conn:
            conn.execute(sql.SQL("set search_path = {}").format(sql.Identifier(shop.schema)))
            conn.execute(statement.encode())
            rows = conn.execute("select d.kind, d.identity from sessionbook.drift(%s) as d", [shop.schema]).fetchall()
            assert (kind, name) in rows
            conn.rollback()


def test_row_security_is_no_difference_from_the_package(shop: Shop) -> None:
    items = (
        "select jsonb_build_object('server_major', 0, 'items', jsonb_object_agg(o.identity,"
        " replace(o.definition, E'row level security\n', ''))) from sessionbook.objects as o where o.schema_name = %s"
    )
    query = f"select kind, identity from sessionbook.drift(%s, ({items})) where kind in ('missing', 'changed')"
    assert shop.conn.execute(query.encode(), [shop.schema, shop.schema]).fetchall() == []
