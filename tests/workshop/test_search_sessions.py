"""search_sessions(): what a shop shows of the workshops that somebody looks for by words."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.errors import InsufficientPrivilege

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market

NOW = "2027-01-01 00:00+00"


@pytest.fixture
def shop(market: Market) -> Market:
    set_now(market.conn, NOW)
    return market


def creator(shop: Market, name: str, name_ar: str | None = None, username: str | None = None) -> UUID:
    username = username or f"user{uuid4().hex}"
    return shop.one(
        "insert into creators (name, name_ar, username, email) values (%s, %s, %s, %s) returning id",
        name, name_ar, username, f"{username}@example.org",
    )  # fmt: skip


def on_sale(shop: Market, name: str, **columns: Any) -> UUID:
    """A workshop with a session to come."""
    workshop = shop.workshop(name, **columns)
    shop.session(workshop)
    return workshop


def found(shop: Market, *arguments: Any) -> list[str]:
    """Titles, those of the same instant in the order of the alphabet."""
    marks = ", ".join(["%s"] * len(arguments))
    return sorted(row["title"] for row in shop.rows(f"select * from search_sessions({marks})", *arguments))


def test_words_in_any_order_without_case_accents_and_letter_forms(shop: Market) -> None:
    noura = creator(shop, "Noura Al-Haddad", "نورة الحداد", "ceramics.kw")
    on_sale(shop, "clay-1", title="Pottery at home", title_ar="ورشة الفخّار للمبتدئين", creator_id=noura)
    soren = creator(shop, "Søren")
    on_sale(shop, "Crème Brûlée", creator_id=soren)
    on_sale(shop, "To-day's bread", title_ar="كعك أحمد", creator_id=soren)
    expected: list[tuple[str | None, list[str]]] = [
        ("pottery", ["Pottery at home"]),
        ("HOME pott", ["Pottery at home"]),
        ("home,pottery", ["Pottery at home"]),
        ("pottery glazing", []),
        ("creme brulee", ["Crème Brûlée"]),
        ("brûlée", ["Crème Brûlée"]),
        ("to day", ["To-day's bread"]),
        ("todays", ["To-day's bread"]),
        ("الفخار", ["Pottery at home"]),
        ("فخار للمبتديين", ["Pottery at home"]),
        ("ورشه الفَخّـار", ["Pottery at home"]),
        ("كعك احمد", ["To-day's bread"]),
        ("نوره", ["Pottery at home"]),
        ("noura al haddad", ["Pottery at home"]),
        ("pottery noura", ["Pottery at home"]),
        ("haddad فخار", ["Pottery at home"]),
        ("ceramics.kw", ["Pottery at home"]),
        ("soren", ["Crème Brûlée", "To-day's bread"]),
        ("clay", ["Pottery at home"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("nobody", []),
        ("-", ["Crème Brûlée", "Pottery at home", "To-day's bread"]),
        ("", ["Crème Brûlée", "Pottery at home", "To-day's bread"]),
        (None, ["Crème Brûlée", "Pottery at home", "To-day's bread"]),
    ]
    assert [(search, found(shop, search)) for search, _ in expected] == expected


def test_words_do_not_run_from_one_name_into_the_next(shop: Market) -> None:
    on_sale(shop, "Tea", title="Rose", creator_id=creator(shop, "Bud"))
    assert found(shop, "tearose") == []
    assert found(shop, "rosebud") == []
    assert found(shop, "tea rose bud") == ["Rose"]


@pytest.mark.parametrize("columns", [{"is_active": False}, {"status": "draft"}, {"status": "archived"}])
def test_only_what_is_on_sale(shop: Market, columns: dict[str, Any]) -> None:
    on_sale(shop, "Pottery", title="on sale")
    on_sale(shop, "Pottery", title="not on sale", **columns)
    assert found(shop, "pottery") == ["on sale"]
    shop.conn.execute("update creators set is_active = false")
    assert found(shop, "pottery") == []


def test_rows_are_those_of_the_shop_window_in_both_languages(shop: Market) -> None:
    workshop = shop.workshop("Pottery", title_ar="فخار", price=10)
    full = shop.session(workshop, current_attendees=2)
    shop.session(workshop, day="2026-12-30")
    assert shop.rows("select * from search_sessions('pottery')") == shop.rows("select * from store_sessions")
    row = shop.row("select * from search_sessions('فخار')")
    assert (row["session_id"], row["title"], row["title_ar"], row["seats_left"], row["badge"], row["badge_ar"]) == (
        full, "Pottery", "فخار", 0, "full", "مكتملة العدد",
    )  # fmt: skip


def test_one_shop(shop: Market) -> None:
    other = creator(shop, "Other")
    on_sale(shop, "Pottery", title="here")
    on_sale(shop, "Pottery", title="there", creator_id=other)
    assert found(shop, "pottery") == ["here", "there"]
    assert found(shop, "pottery", other) == ["there"]
    assert found(shop, "pottery", uuid4()) == []


def test_pages_follow_one_another_soonest_first(shop: Market) -> None:
    first, second = (shop.workshop(f"Pottery {number}") for number in (1, 2))
    glass = shop.workshop("Glass")
    made: list[UUID] = []
    for day in ("2027-01-04", "2027-01-05", "2027-01-06"):
        shop.session(glass, day=day)
        made += sorted(shop.session(workshop, day=day) for workshop in (first, second))
    read: list[UUID] = []
    while rows := shop.rows("select session_id from search_sessions('pott', null, %s, 4)", read[-1] if read else None):
        assert len(rows) <= 4
        read += [row["session_id"] for row in rows]
    assert read == made


def test_page_is_capped(shop: Market) -> None:
    shop.conn.execute(
        "insert into workshop_sessions (workshop_id, session_date, start_time)"
        " select %s, '2027-02-01', '10:00' from generate_series(1, 120)",
        [shop.workshop("Pottery")],
    )
    for limit, rows in ((1000000, 100), (0, 1), (None, 20)):
        assert len(shop.rows("select * from search_sessions('pottery', null, null, %s)", limit)) == rows
    assert len(shop.rows("select * from search_sessions('pottery')")) == 20


def test_page_after_nothing_that_is_there(shop: Market) -> None:
    with raises_key("PT404", "session_not_found"):
        found(shop, "pottery", None, uuid4())


def test_search_is_for_part_of_a_name(shop: Market) -> None:
    assert found(shop, "x" * 200) == []
    with raises_key("PT400", "search_too_long"):
        found(shop, "x" * 201)


def test_what_is_renamed_is_found_by_its_new_name(shop: Market) -> None:
    workshop = on_sale(shop, "Pottery", title="one")
    assert found(shop, "pottery") == ["one"]
    shop.conn.execute("update workshops set name = 'Glass', title_ar = 'زجاج' where id = %s", [workshop])
    shop.conn.execute("update creators set name = 'Zorn'")
    assert [found(shop, word) for word in ("pottery", "glass", "زجاج", "zorn")] == [[], ["one"], ["one"], ["one"]]


def test_search_text_follows_whatever_a_statement_says(shop: Market) -> None:
    workshop = shop.workshop("Pottery", search_text="nonsense")
    shop.conn.execute("update creators set search_text = 'nonsense'")
    assert shop.one("select search_text from workshops where id = %s", workshop) == "pottery|pottery"
    assert shop.one("select search_text from creators") == "noor|noor"
    shop.conn.execute("update workshops set search_text = 'nonsense'")
    assert shop.one("select search_text from workshops") == "pottery|pottery"


def test_application_searches_where_nothing_may_be_written(shop: Market, connect: Connect) -> None:
    on_sale(shop, "Pottery")
    conn = connect(role="sessionbook_app", autocommit=False)
    set_now(conn, NOW)
    conn.execute("set transaction read only")
    assert len(conn.execute("select * from workshop.search_sessions('pott')").fetchall()) == 1
    conn.commit()


@pytest.mark.parametrize("role", ["sessionbook_reader", "sessionbook_courier"])
def test_other_roles_do_not_call_it(shop: Market, connect: Connect, role: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        connect(role=role).execute("select * from workshop.search_sessions('pott')")


def test_writer_gives_names_without_a_right_to_fold_them(shop: Market, connect: Connect) -> None:
    conn = connect(role="sessionbook_writer")
    conn.execute(
        "insert into workshop.workshops (creator_id, name, is_active) values (%s, 'Crème', true)", [shop.creator]
    )
    conn.execute("update workshop.creators set name_ar = 'نورة'")
    assert shop.row("select w.search_text as w, c.search_text as c from workshops as w, creators as c") == {
        "w": "creme|creme", "c": "noor|نوره|noor",
    }  # fmt: skip
