"""What screens of a marketplace read: store, runs, attendees, orders, bookings, numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.market import Market

NOW = "2027-01-01 00:00+00"


@pytest.fixture
def shop(market: Market) -> Market:
    set_now(market.conn, NOW)
    return market


def badge(shop: Market, session: Any) -> tuple[str | None, str | None]:
    row = shop.row("select badge, badge_ar from store_sessions where session_id = %s", session)
    return row["badge"], row["badge_ar"]


def order(shop: Market, workshop: Any, phone: str = "+965 5555 0000", quantity: int = 1) -> dict[str, Any]:
    return shop.row(
        "select * from create_order(%s, 'Dana', %s, jsonb_build_array(jsonb_build_object("
        "'workshop_id', %s::uuid, 'quantity', %s::integer)), p_customer_email => 'dana@example.org')",
        shop.creator, phone, workshop, quantity,
    )  # fmt: skip


def test_store_badges(shop: Market) -> None:
    workshop = shop.workshop(price=10)
    roomy = shop.session(workshop, max_attendees=10)
    few = shop.session(workshop, max_attendees=10, current_attendees=7)
    full = shop.session(workshop, max_attendees=2, current_attendees=2)
    unlimited = shop.session(workshop, max_attendees=0, current_attendees=50)
    cancelled = shop.session(workshop, status="cancelled")
    closed = shop.session(workshop, max_attendees=1, booking_closes_at="2026-12-31 00:00+00")
    assert badge(shop, roomy) == (None, None)
    assert badge(shop, few) == ("few_left", "مقاعد قليلة")
    assert badge(shop, full) == ("full", "مكتملة العدد")
    assert badge(shop, unlimited) == (None, None)
    assert badge(shop, cancelled) == ("cancelled", "ملغاة")
    assert badge(shop, closed) == (None, None)
    bookable = shop.rows("select session_id from store_sessions where is_bookable")
    assert {row["session_id"] for row in bookable} == {roomy, few, unlimited}


def test_store_shows_a_waiting_list(shop: Market) -> None:
    session = shop.session(shop.workshop(), max_attendees=1)
    shop.row("select id from enroll(%s, 'Noor', 'noor@example.org')", session)
    assert badge(shop, session)[0] == "full"
    shop.row("select id from join_waitlist(%s, 'Sara', 'sara@example.org')", session)
    assert badge(shop, session) == ("waiting_list", "قائمة انتظار")


def test_store_gives_a_seat_back_when_its_hold_runs_out(shop: Market) -> None:
    session = shop.session(shop.workshop(), max_attendees=1)
    shop.hold(session, until="2027-01-01 00:30+00")
    assert badge(shop, session)[0] == "full"
    set_now(shop.conn, "2027-01-01 00:30+00")
    assert shop.one("select seats_left from store_sessions where session_id = %s", session) == 1


def test_store_leaves_out_what_is_over_and_what_is_not_on_sale(shop: Market) -> None:
    shop.session(shop.workshop(), day="2026-12-30")
    shop.session(shop.workshop(is_active=False))
    assert shop.rows("select session_id from store_sessions") == []


def test_store_leaves_out_a_cancelled_session_once_its_day_is_over(shop: Market) -> None:
    session = shop.session(shop.workshop(), status="cancelled")
    assert badge(shop, session)[0] == "cancelled"
    set_now(shop.conn, "2028-01-01 00:00+00")
    assert shop.rows("select session_id from store_sessions") == []


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("true", "workshop_sessions_starts_at_idx"),
        ("workshop_id = '20000000-0000-4000-8000-000000000001'", "workshop_sessions_workshop_id_starts_at_idx"),
    ],
)
def test_store_pages_are_read_in_the_order_of_an_index(shop: Market, condition: str, index: str) -> None:
    shop.conn.execute("set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off")
    shop.conn.execute("set enable_incremental_sort = off; set enable_mergejoin = off; set enable_hashjoin = off")
    plan = shop.rows(
        f"explain select * from store_sessions where {condition} and (starts_at, session_id) >"
        " ('2027-01-04 00:00+00', '00000000-0000-4000-8000-000000000000') order by starts_at, session_id limit 50"
    )
    lines = [str(row) for row in plan]
    assert any(f"Index Scan using {index}" in line for line in lines)
    assert not any("Sort" in line for line in lines)


def test_store_price_of_a_free_workshop_is_zero(shop: Market) -> None:
    shop.session(shop.workshop(price=10, is_free=True))
    assert shop.one("select price from store_sessions") == 0


def test_runs_with_seats_money_and_what_can_be_repeated(shop: Market) -> None:
    workshop = shop.workshop(price=10)
    run = shop.run(workshop, run_name_ar="دفعة")
    session = shop.session(workshop, run_id=run, max_attendees=5)
    paid = order(shop, workshop, quantity=2)
    shop.row("select id from set_order_status(%s, 'paid')", paid["id"])
    order(shop, workshop, phone="+965 5555 1111")
    row = shop.row("select * from organizer_runs where creator_id = %s", shop.creator)
    assert (row["run_id"], row["run_name_ar"], row["status"], row["status_ar"]) == (run, "دفعة", "active", "نشطة")
    assert (row["total_enrolled"], row["seats_left"], row["can_repeat"]) == (3, 2, True)
    assert (row["amount_due"], row["amount_paid"], row["amount_refundable"]) == (30, 20, 0)
    shop.rows("select * from cancel_session(%s)", session)
    row = shop.row("select * from organizer_runs")
    assert (row["amount_due"], row["amount_refundable"], row["can_repeat"]) == (0, 20, False)


def test_attendees_paid_and_held(shop: Market) -> None:
    workshop = shop.workshop(price=10)
    run = shop.run(workshop)
    session = shop.session(workshop, run_id=run, max_attendees=5)
    paid = order(shop, workshop)
    shop.row("select id from set_order_status(%s, 'paid')", paid["id"])
    held = order(shop, workshop, phone="+965 5555 1111")
    shop.enroll(session, "Gone", status="pending", expires_at="2026-12-31 23:00+00")
    shop.row("select id from cancel_enrollment(%s)", shop.row("select id from enroll(%s, 'Off')", session)["id"])
    rows = {row["order_id"]: row for row in shop.rows("select * from session_attendees where session_id = %s", session)}
    assert set(rows) == {paid["id"], held["id"]}
    assert (rows[paid["id"]]["is_paid"], rows[paid["id"]]["is_held"], rows[paid["id"]]["held_until"]) == (
        True,
        False,
        None,
    )
    assert (rows[held["id"]]["is_paid"], rows[held["id"]]["is_held"]) == (False, True)
    assert {row["completion_status_ar"] for row in rows.values()} == {"مسجّل"}
    assert rows[held["id"]]["held_until"] == held["expires_at"]
    assert rows[paid["id"]]["student_phone"] == "+965 5555 0000"


def test_order_is_tracked_by_number_and_phone_together(shop: Market) -> None:
    workshop = shop.workshop(price=10, title_ar="فخار")
    shop.session(workshop, run_id=shop.run(workshop), location="Atelier", location_ar="الأتيليه")
    made = order(shop, workshop)
    number = made["order_number"]
    for phone in ("+965 5555 0000", "0096555550000", "965-5555-0000"):
        row = shop.row("select * from track_order(%s, %s)", number, phone)
        assert (row["order_id"], row["status"], row["status_ar"]) == (made["id"], "pending", "قيد الانتظار")
        assert (row["workshop_name_ar"], row["location_ar"], str(row["session_date"])) == (
            "فخار",
            "الأتيليه",
            "2027-01-04",
        )
        assert (row["due"], row["paid"], row["held_until"]) == (10, 0, made["expires_at"])
    for wrong in ("+965 5555 0001", "", "no digits", "5555"):
        assert shop.rows("select * from track_order(%s, %s)", number, wrong) == []
    assert shop.rows("select * from track_order(%s, %s)", "999999", "+965 5555 0000") == []
    assert shop.rows("select * from track_order(%s, null)", number) == []


def test_tracked_order_is_cancelled_the_moment_its_hold_runs_out(shop: Market) -> None:
    workshop = shop.workshop(price=10)
    shop.session(workshop, run_id=shop.run(workshop))
    made = order(shop, workshop)
    set_now(shop.conn, made["expires_at"].isoformat())
    row = shop.row("select * from order_tracking where order_id = %s", made["id"])
    assert (row["status"], row["status_ar"], row["held_until"], row["due"]) == ("cancelled", "ملغى", None, 0)


def test_bookings_of_one_person_page_by_page(shop: Market) -> None:
    workshop = shop.workshop(title_ar="فخار")
    days = ["2027-01-04", "2027-01-05", "2027-01-06"]
    for day in days:
        session = shop.session(workshop, day=day)
        shop.row("select id from enroll(%s, 'Sara', 'Sara@Example.org', '+965 5555 0000')", session)
        shop.row("select id from enroll(%s, 'Other', 'other@example.org', '+965 5555 0001')", session)
    seen: list[str] = []
    after = None
    while page := shop.rows("select * from my_bookings('sara@example.ORG', %s, 2)", after):
        seen += [str(row["session_date"]) for row in page]
        after = page[-1]["enrollment_id"]
    assert seen == days[::-1]
    by_phone = shop.rows("select * from my_bookings('00965 55550000')")
    assert [row["status_ar"] for row in by_phone] == ["ناجح"] * 3
    for nobody in ("", "sara", None):
        assert shop.rows("select * from my_bookings(%s)", nobody) == []


def test_a_page_has_at_most_a_hundred_bookings(shop: Market) -> None:
    session = shop.session(shop.workshop(), max_attendees=0)
    shop.conn.execute(
        "insert into enrollments (workshop_id, session_id, student_name, student_email, status)"
        " select workshop_id, id, 'Sara', 'sara@example.org', 'successful'"
        " from workshop_sessions, generate_series(1, 120) where id = %s",
        [session],
    )
    assert len(shop.rows("select * from my_bookings('sara@example.org', null, 1000)")) == 100


def test_numbers(shop: Market) -> None:
    workshop = shop.workshop(price=10)
    past = shop.session(workshop, day="2026-12-30", max_attendees=4, current_attendees=3)
    shop.session(workshop, day="2026-12-29", max_attendees=0, current_attendees=9)
    shop.enroll(past, enrollment_date="2026-12-20 10:00+00")
    shop.enroll(past, enrollment_date="2026-12-28 10:00+00")
    row = shop.row("select * from fill_rates where workshop_id = %s", workshop)
    assert (row["sessions"], row["seats"], row["taken"], row["fill_percent"]) == (1, 4, 3, Decimal("75.0"))
    row = shop.row("select * from lead_times where workshop_id = %s", workshop)
    assert (row["bookings"], row["median_days"]) == (2, Decimal("5.9"))
    shop.session(workshop, run_id=shop.run(workshop))
    made = order(shop, workshop)
    shop.row("select id from record_payment(%s, 10)", made["id"])
    shop.row("select id from record_refund(%s, 4)", made["id"])
    row = shop.row("select * from revenue_by_month where creator_id = %s", shop.creator)
    assert (str(row["month"]), row["paid"], row["refunded"], row["revenue"]) == ("2027-01-01", 10, 4, 6)


def test_the_application_reads_them_all(connect: Connect, shop: Market) -> None:
    app: psycopg.Connection = connect(role="sessionbook_app")
    for view in (
        "store_sessions",
        "organizer_runs",
        "session_attendees",
        "order_tracking",
        "fill_rates",
        "revenue_by_month",
        "lead_times",
        "track_order('1', '1')",
        "my_bookings('a@b.c')",
    ):
        app.execute(f"select * from workshop.{view}")
