"""The playground in front of a server: its adapter, a server that speaks PostgREST's dialect, a real database."""

from __future__ import annotations

import psycopg
import pytest
from playwright.sync_api import Browser, expect
from psycopg.rows import dict_row

from support.rest import serving
from support.sources import ROOT

pytestmark = pytest.mark.timeout(900)
PATIENCE = 150_000


@pytest.fixture
def shop(database: str) -> str:
    """A database with the demo's marketplace and thirty lessons to come."""
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("set search_path = workshop, pg_temp")
        conn.execute((ROOT / "runner" / "demo" / "workshop.sql").read_bytes())
        conn.execute("reset all")
        conn.execute(
            "set search_path = tutoring;"
            "insert into tutors (full_name) values ('Mona'); insert into enrolled_students (full_name) values ('Sara');"
            "insert into enrolled_courses (student_id, tutor_id, course_name) values (1, 1, 'Physics');"
            "insert into sessions (enrolled_courses_id, session_date, start_time, end_time)"
            " select 1, current_date + n, '10:00', '11:00' from generate_series(1, 30) as n"
        )
    return database


def test_screens_read_and_book_over_http(browser: Browser, site: str, shop: str) -> None:
    with serving(shop) as api, browser.new_context(locale="en-GB", timezone_id="Asia/Kuwait") as context:
        complaints: list[str] = []
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(f"{site}?api={api}")
        page.locator(".card", has_text="The Short Story").click()
        page.locator(".date").first.get_by_role("button", name="Book").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("E-mail").fill("over-http@example.com")
        dialog.get_by_role("button", name="Hold seats").click()
        expect(page.locator(".rows > li", has_text="Held until")).to_have_count(1, timeout=PATIENCE)
        with psycopg.connect(shop, row_factory=dict_row) as conn:
            (held,) = conn.execute(
                "select status, expires_at > now() as is_held from workshop.enrollments"
                " where student_email = 'over-http@example.com'"
            ).fetchall()
        assert held == {"status": "pending", "is_held": True}
        assert complaints == []

        # The next page begins where this one ends.
        page.goto(f"{site}?api={api}#/lessons")
        expect(page.locator(".rows > li")).to_have_count(25, timeout=PATIENCE)
        page.get_by_role("button", name="Show more").click()
        expect(page.locator(".rows > li")).to_have_count(30, timeout=PATIENCE)

        # A refusal has its key in the details.
        page.goto(f"{site}?api={api}#/workshop/20000000-0000-4000-8000-000000000011")
        page.locator(".date").first.get_by_role("button", name="Book").click()
        dialog.get_by_label("Seats").fill("20")
        dialog.get_by_role("button", name="Hold seats").click()
        expect(dialog.get_by_role("alert")).to_contain_text("No seat is left", timeout=PATIENCE)
