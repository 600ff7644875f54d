"""A list of people into one session: all of them or nobody, whoever else is about."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import IsolationLevel

from support.clock import set_now
from support.concurrency import Crowd, errors, keys, race, results
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.together import Waiting

NOW = "2027-01-01 00:00+00"
LATE = "2027-01-01 01:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def session(market: Market) -> UUID:
    """Ten seats of 10.000 each."""
    workshop = market.workshop(price="10.000")
    return market.session(workshop, max_attendees=10, run_id=market.run(workshop))


def person(name: str, email: str | None = None, **more: Any) -> dict[str, Any]:
    named = {} if email is None else {"student_email": email}
    return {"student_name": name, **named, **{("student_phone" if k == "phone" else k): v for k, v in more.items()}}


def crowd_of(n: int, of: str = "a") -> list[dict[str, Any]]:
    return [person(f"P{i}", f"{of}{i}@example.org") for i in range(n)]


def enroll(market: Market, session: UUID, people: object, key: str | None = None) -> list[dict[str, Any]]:
    return market.rows("select * from enroll_many(%s, %s, %s)", session, json.dumps(people), key)


def taken(market: Market, session: UUID) -> int:
    assert market.rows("select * from seat_audit") == []
    return market.one("select current_attendees from workshop_sessions where id = %s", session)


def test_all_of_them_in_the_order_of_the_list(market: Market, session: UUID) -> None:
    people = [
        person("Sara", " Sara@example.org ", seats=3),
        person("Noor", phone="+965 1"),
        person("Ali", student_email=None),
    ]
    rows = enroll(market, session, people)
    assert [
        (row["student_name"], row["student_email"], row["student_phone"], row["seats"], row["total_price"])
        for row in rows
    ] == [
        ("Sara", "Sara@example.org", None, 3, Decimal(30)),
        ("Noor", None, "+965 1", 1, Decimal(10)),
        ("Ali", None, None, 1, Decimal(10)),
    ]
    assert {(row["status"], row["status_ar"], row["idempotency_key"]) for row in rows} == {("successful", "ناجح", None)}
    assert taken(market, session) == 5
    assert market.one("select count(*) from pending_events where kind = 'enrollment.created'") == 3


def test_they_are_as_enroll_makes_them_one_by_one(market: Market, session: UUID) -> None:
    people = crowd_of(3)
    for one in people:
        market.conn.execute("select enroll(%s, %s, %s)", [session, one["student_name"], one["student_email"]])
    query = (
        "select to_jsonb(e) - array['id', 'created_at', 'updated_at', 'enrollment_date'] as e from enrollments as e"
        " order by student_name"
    )
    by_one = market.rows(query)
    market.conn.execute("select cancel_enrollment(id) from enrollments; delete from enrollments")
    enroll(market, session, people)
    assert market.rows(query) == by_one


def test_one_too_many_and_nobody_is_enrolled(market: Market, session: UUID) -> None:
    with raises_key("PT409", "session_full"):
        enroll(market, session, crowd_of(11))
    assert taken(market, session) == 0
    enroll(market, session, crowd_of(10))
    assert taken(market, session) == 10
    assert market.status(session) == "full"


def test_without_a_limit(market: Market) -> None:
    workshop = market.workshop(is_free=True, price=7)
    session = market.session(workshop, max_attendees=0)
    rows = enroll(market, session, [{**one, "seats": 10000} for one in crowd_of(1000)])
    assert {row["total_price"] for row in rows} == {Decimal(0)}
    assert taken(market, session) == 10_000_000


def test_holds_that_ran_out_make_room(market: Market, session: UUID) -> None:
    market.hold(session, LATE, 5)
    with raises_key("PT409", "session_full"):
        enroll(market, session, crowd_of(6))
    set_now(market.conn, LATE)
    enroll(market, session, crowd_of(10))
    assert market.one("select current_attendees from workshop_sessions where id = %s", session) == 10


def test_who_waits_is_served_first(market: Market, session: UUID) -> None:
    enroll(market, session, crowd_of(10))
    market.conn.execute("select join_waitlist(%s, 'Dana', 'dana@example.org', null, 2)", [session])
    market.conn.execute("select cancel_enrollment(id) from enrollments where student_name = 'P0'")
    with raises_key("PT409", "session_full"):
        enroll(market, session, [person("Omar", "omar@example.org")])
    assert taken(market, session) == 9


@pytest.mark.parametrize(
    ("change", "code", "key"),
    [
        ("update workshop_sessions set status = 'cancelled'", "PT409", "session_closed"),
        ("update workshop_sessions set booking_closes_at = '2026-12-31 00:00+00'", "PT409", "session_closed"),
        ("update workshops set is_active = false", "PT409", "session_closed"),
        ("update creators set is_active = false", "PT409", "session_closed"),
        ("update workshops set price = 9999999", "PT400", "amount_too_large"),
        ("delete from workshop_sessions", "PT404", "session_not_found"),
    ],
)
def test_what_takes_no_bookings(market: Market, session: UUID, change: str, code: str, key: str) -> None:
    market.conn.execute(change)
    with raises_key(code, key):
        enroll(market, session, [person("Sara", seats=2)])
    assert market.one("select count(*) from enrollments") == 0


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        (person("Sara", "sara@example.org"), person("Sara", "SARA@example.org", phone="9")),
        (person("Sara", phone="+965 5555"), person("Sara", phone="00965-5555")),
        (person("Sara", phone="+965 5555"), person("Sara", "sara@example.org", phone="+9655555")),
    ],
)
def test_whoever_is_enrolled_is_refused_with_all_others(
    market: Market, session: UUID, there: dict[str, Any], asked: dict[str, Any]
) -> None:
    enroll(market, session, [there])
    with raises_key("PT409", "already_enrolled") as error:
        enroll(market, session, [*crowd_of(2), asked])
    assert "person 3" in error.message
    with raises_key("PT409", "already_enrolled") as error:
        enroll(market, market.session(market.one("select id from workshops")), [*crowd_of(1), asked, there])
    assert "people 2 and 3" in error.message
    assert taken(market, session) == 1


@pytest.mark.parametrize(
    ("first", "second"), [("5000 1234", "+965 5000 1234"), ("+965 5000 1234", "+5000 1234"), ("5000", "05000")]
)
def test_a_number_of_the_list_counts_whichever_comes_first(
    market: Market, session: UUID, first: str, second: str
) -> None:
    """What enroll() refuses to the second of two is refused to both together."""
    market.conn.execute("update settings set country_code = '965'")
    for numbers in ((first, second), (second, first)):
        with raises_key("PT409", "already_enrolled") as error:
            enroll(market, session, [person("Sara", phone=number) for number in numbers])
        assert "people 1 and 2" in error.message
    assert taken(market, session) == 0


def test_a_family_shares_a_phone(market: Market, session: UUID) -> None:
    enroll(
        market, session, [person("Sara", "sara@example.org", phone="1"), person("Ali", "ali@example.org", phone="1")]
    )
    assert taken(market, session) == 2


@pytest.mark.parametrize("people", [None, {}, [], "Sara", 1])
def test_what_is_no_list(market: Market, session: UUID, people: object) -> None:
    with raises_key("PT400", "invalid_people"):
        enroll(market, session, people)


@pytest.mark.parametrize(
    "wrong",
    [
        *(None, 1, "Sara", [], {}),
        *({"student_name": " "}, {"student_name": None}, {"student_name": 1}, {"student_name": "x" * 256}),
        *({"student_email": 1}, {"student_email": "x" * 256}, {"student_phone": {}}, {"student_phone": "1" * 51}),
        *({"seats": 0}, {"seats": -1}, {"seats": 1.5}, {"seats": "1"}, {"seats": None}, {"seats": 10001}),
        *({"seats": 10**300}, {"status": "cancelled"}, {"total_price": 0}, {"id": "1"}),
    ],
)
def test_who_cannot_be_enrolled_so(market: Market, session: UUID, wrong: object) -> None:
    whole = {"student_name": "Sara", **wrong} if isinstance(wrong, dict) and wrong else wrong
    with raises_key("PT400", "invalid_person") as error:
        enroll(market, session, [*crowd_of(2), whole])
    assert "person 3 of 3" in error.message
    assert len(error.message + error.detail) < 1000
    assert taken(market, session) == 0


def test_a_list_has_a_cap(market: Market, session: UUID) -> None:
    with raises_key("PT400", "too_many"):
        enroll(market, session, crowd_of(1001))


def test_a_key_too_long(market: Market, session: UUID) -> None:
    with raises_key("PT400", "text_too_long"):
        enroll(market, session, crowd_of(1), "k" * 201)
    assert len(enroll(market, session, crowd_of(1), "k" * 200)) == 1


def test_the_same_call_again_returns_the_same_rows(market: Market, session: UUID) -> None:
    people = [*crowd_of(2), person("Guest", seats=2)]
    first = enroll(market, session, people, "k")
    assert [row["idempotency_key"] for row in first] == ["k/1", "k/2", "k/3"]
    market.conn.execute("select enroll(%s, 'Dana', p_seats => 6)", [session])
    assert enroll(market, session, people, "k") == first
    market.conn.execute("select cancel_enrollment(%s)", [first[1]["id"]])
    market.conn.execute("select change_seats(%s, 1)", [first[2]["id"]])
    market.conn.execute("update workshops set is_active = false")
    assert [row["id"] for row in enroll(market, session, people, "k")] == [row["id"] for row in first]
    assert taken(market, session) == 8


@pytest.mark.parametrize("change", ["fewer", "more", "others", "seats", "session"])
def test_a_key_is_for_one_list(market: Market, session: UUID, change: str) -> None:
    people = crowd_of(3)
    enroll(market, session, people, "k")
    other = market.session(market.one("select id from workshops"), max_attendees=10)
    again = {
        "fewer": people[:2],
        "more": [*people, person("Dana")],
        "others": [*people[:2], person("Dana")],
        "seats": [*people[:2], {**people[2], "seats": 2}],
        "session": people,
    }[change]
    with raises_key("PT409", "idempotency_key_reused"):
        enroll(market, other if change == "session" else session, again, "k")
    assert taken(market, session) == 3


def test_a_trigger_of_the_application_that_leaves_somebody_out(market: Market, session: UUID) -> None:
    """All or nobody; and no key is blamed that nobody gave."""
    market.conn.execute(
        "create function public.skip() returns trigger language plpgsql as 'begin return null; end'; "
        "create trigger own before insert on enrollments for each row when (new.student_name = 'P1')"
        " execute function public.skip()"
    )
    with raises_key("PT409", "session_closed"):
        enroll(market, session, crowd_of(3))
    with raises_key("PT409", "session_closed"):
        enroll(market, session, crowd_of(3), "k")
    assert taken(market, session) == 0


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_a_list_that_waits_for_another(market: Market, session: UUID, connect: Connect, ends: str) -> None:
    """Seven and four of ten seats: only what became of the first says whether the second fits."""
    one, two = connect(autocommit=False), connect(autocommit=False)
    for conn in (one, two):
        set_now(conn, NOW)
        conn.commit()
    call = "select count(*) from workshop.enroll_many(%s, %s)"
    one.execute(call, [session, json.dumps(crowd_of(7))])
    waiting = Waiting(two, lambda conn: conn.execute(call, [session, json.dumps(crowd_of(4, "b"))]).fetchone())
    getattr(one, ends)()
    if ends == "commit":
        with raises_key("PT409", "session_full"):
            waiting.result()
    else:
        assert waiting.result() == (4,)
    assert taken(market, session) == (7 if ends == "commit" else 4)


def test_somebody_of_the_list_enrolls_alone_meanwhile(market: Market, session: UUID, connect: Connect) -> None:
    one, two = connect(autocommit=False), connect(autocommit=False)
    for conn in (one, two):
        set_now(conn, NOW)
        conn.commit()
    one.execute("select workshop.enroll(%s, 'P1', 'A1@example.org')", [session])
    call = "select count(*) from workshop.enroll_many(%s, %s)"
    waiting = Waiting(two, lambda conn: conn.execute(call, [session, json.dumps(crowd_of(3))]).fetchone())
    one.commit()
    with raises_key("PT409", "already_enrolled"):
        waiting.result()
    assert taken(market, session) == 1


def test_one_key_in_two_sessions_at_once(market: Market, session: UUID, connect: Connect) -> None:
    other = market.session(market.one("select id from workshops"), max_attendees=10)
    one, two = connect(autocommit=False), connect(autocommit=False)
    for conn in (one, two):
        set_now(conn, NOW)
        conn.commit()
    call = "select count(*) from workshop.enroll_many(%s, %s, 'k')"
    one.execute(call, [session, json.dumps(crowd_of(2))])
    waiting = Waiting(two, lambda conn: conn.execute(call, [other, json.dumps(crowd_of(2))]).fetchone())
    one.commit()
    with raises_key("PT409", "idempotency_key_reused"):
        waiting.result()
    assert (taken(market, session), taken(market, other)) == (2, 0)


def test_one_call_sent_twice_at_once(market: Market, session: UUID, database: str) -> None:
    def send(conn: psycopg.Connection, _: int) -> list[Any]:
        call = "select id from workshop.enroll_many(%s, %s, 'k')"
        set_now(conn, NOW)
        return conn.execute(call, [session, json.dumps(crowd_of(4))]).fetchall()

    outcome = race(database, 4, send)
    assert errors(outcome) == []
    assert len({tuple(rows) for rows in results(outcome)}) == 1
    assert taken(market, session) == 4


@pytest.mark.parametrize("isolation", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
def test_a_rush_of_lists(market: Market, database: str, isolation: IsolationLevel) -> None:
    """Sixteen lists of three for twenty seats, beside people who come alone: never more than there are."""
    workshop = market.workshop()

    def want(conn: psycopg.Connection, i: int, session: UUID) -> int:
        while True:
            try:
                set_now(conn, NOW)
                if i % 4 == 3:
                    conn.execute("select workshop.enroll(%s, 'Sara', %s)", [session, f"{i}@example.org"])
                    conn.commit()
                    return 1
                call = "select count(*) from workshop.enroll_many(%s, %s)"
                conn.execute(call, [session, json.dumps(crowd_of(3, f"l{i}p"))])
                conn.commit()
                return 3
            except psycopg.errors.SerializationFailure:
                conn.rollback()

    with Crowd(database, 16, isolation) as crowd:
        for _ in range(5):
            session = market.session(workshop, max_attendees=20)
            outcome = crowd.race(lambda conn, i, session=session: want(conn, i, session))
            assert keys(outcome) == {("PT409", "session_full")}
            assert sum(results(outcome)) == taken(market, session)
            assert 18 <= taken(market, session) <= 20
