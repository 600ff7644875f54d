"""The playground in a browser: every screen in both languages, wide and narrow, and the stories that it is for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.screens import SCREENS, cut, show, violations, wait_for

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "build" / "screenshots"
SADU = "workshop/20000000-0000-4000-8000-000000000003"
# Milliseconds, for a machine that does much else.
PATIENCE = 150_000
expect.set_options(timeout=60_000)

# One database for all, and a page for each test: slow where much else runs.
pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [1280, 360])
def test_screens(page: Page, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    if language == "ar":
        page.get_by_role("button", name="العربية").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    SHOTS.mkdir(parents=True, exist_ok=True)
    problems = []
    for screen in SCREENS:
        show(page, screen)
        page.screenshot(path=SHOTS / f"{screen.partition('/')[0]}-{language}-{width}.png")
        problems += [f"{screen} {problem}" for problem in cut(page) + violations(page)]
    assert problems == [], "\n".join(problems)


def test_first_visit_downloads_little_and_the_next_opens_what_is_stored(browser: Browser, site: str) -> None:
    with browser.new_context() as context:
        sizes: dict[str, int] = {}
        context.on(
            "response",
            lambda answer: sizes.update({Path(answer.url).name: int(answer.headers.get("content-length", 0))}),
        )
        for first in (True, False):
            sizes.clear()
            with context.new_page() as page:
                page.goto(site)
                page.wait_for_selector(".cards", timeout=PATIENCE)
            assert any(name.startswith("program-") for name in sizes)
            assert any(name.startswith("directory-") for name in sizes) == first
            # Bytes as a server sends them that compresses nothing.
            assert sum(sizes.values()) < 7_000_000


def test_reminder_is_taken_and_sent(page: Page) -> None:
    # First of the stories: the next one moves the clock past the lesson.
    show(page, "reminders")
    waiting = page.locator(".rows > li", has_text="Queued")
    expect(waiting).not_to_have_count(0)
    page.get_by_role("button", name="Send what is due").click()
    expect(page.locator(".toast")).to_contain_text(re.compile(r"[1-9] messages were sent"))
    expect(waiting).to_have_count(0)


def test_last_seat_is_held_given_back_and_paid(page: Page) -> None:
    page.locator(".card", has_text="Sadu Weaving").click()
    wait_for(page, "workshop/", ".date")
    date = page.locator(".date").first
    expect(date).to_contain_text("1 seat left")
    date.get_by_role("button", name="Book").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail").fill("last@example.com")
    dialog.get_by_label("Phone").fill("+965 5555 0999")
    dialog.get_by_role("button", name="Hold seats").click()
    wait_for(page, "bookings", ".rows")
    booking = page.locator(".rows > li", has_text="Sadu Weaving").first
    expect(booking).to_contain_text("Held until")

    # Everybody else sees a full session; an hour later the hold has run out.
    show(page, SADU, ".date")
    expect(page.locator(".date").first).to_contain_text("Full")
    move_clock(page, "+1 hour")
    expect(page.locator(".date").first).to_contain_text("1 seat left")
    show(page, "bookings")
    page.get_by_label("E-mail or phone").fill("last@example.com")
    page.get_by_role("button", name="Find").first.click()
    expect(page.locator(".rows > li").first).to_contain_text("Cancelled")

    # The waiting list takes the next visitor once the seat is sold.
    show(page, SADU, ".date")
    page.locator(".date").first.get_by_role("button", name="Book").click()
    page.get_by_role("dialog").get_by_role("button", name="Hold seats").click()
    page.locator(".rows > li", has_text="Held until").get_by_role("button", name="Pay").click()
    expect(page.locator(".rows > li", has_text="Confirmed")).to_have_count(1)
    move_clock(page, "Back to the start")


def move_clock(page: Page, by: str) -> None:
    # What the last move said is put away, or it would be taken for this one's.
    while page.locator(".toast").count():
        page.locator(".toast").get_by_role("button", name="Close").click()
    page.locator(".clock summary").click()
    page.get_by_role("button", name=by, exact=True).click()
    expect(page.locator(".toast")).to_contain_text("The clock says")
    page.keyboard.press("Escape")


def test_run_is_repeated(page: Page) -> None:
    show(page, "organizer")
    expect(page.locator(".runs > li").first).to_be_visible()
    before = page.locator(".runs > li").count()
    page.get_by_role("button", name="Repeat workshop: Glazing Day").first.click()
    page.get_by_role("dialog").get_by_label("Name of the run").fill("Second Batch")
    page.get_by_role("dialog").get_by_role("button", name="Repeat workshop").click()
    expect(page.locator(".runs > li", has_text="Second Batch")).to_have_count(1)
    assert page.locator(".runs > li").count() == before + 1


def test_conflict_is_shown_and_refused(page: Page) -> None:
    show(page, "planner")
    page.locator("a.slot.DRAFT", has_text="Working at Height").click()
    wait_for(page, "session/", "#plan")
    expect(page.locator(".alert.bad")).to_contain_text("The trainer is booked: Confined Spaces")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert")).to_contain_text("trainer_busy")
    expect(page.get_by_role("alert")).to_contain_text("PT409")


def test_room_too_small_is_warned_of_and_not_refused(page: Page) -> None:
    show(page, "session/c_plan_heights_1")
    expect(page.locator(".alert.warn")).to_contain_text("Venue Capacity Exceeded (14/12).")
    page.get_by_role("button", name="Invite").click()
    page.locator(".choices input").first.check()
    page.get_by_role("button", name="Add 1").click()
    expect(page.locator(".alert.warn")).to_contain_text("Venue Capacity Exceeded (15/12).")


def test_every_click_shows_its_statement_and_it_can_be_run_again(page: Page) -> None:
    page.get_by_role("button", name="Show SQL").click()
    show(page, "organizer")
    entry = page.locator(".entries > li", has_text="workshop.organizer_runs").first
    entry.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".answer th").first).to_have_text("run_id")
    page.locator("#sql-text").fill("select * from workshop.enroll('20000000-0000-4000-8000-000000000011', 'Nobody')")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".panel .refusal")).to_contain_text("session_not_found")
    assert violations(page) == []
    page.get_by_role("button", name="Hide SQL").first.click()


def test_keyboard_alone_books(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    card = page.locator(".card a", has_text="The Short Story")
    for _ in range(40):
        page.keyboard.press("Tab")
        if card.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    wait_for(page, "workshop/", ".date")
    book = page.locator(".date").first.get_by_role("button", name="Book")
    book.wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if book.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_label("Name").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("holds your seats")


def test_refused_booking_keeps_the_form_and_says_why(page: Page) -> None:
    show(page, "workshop/20000000-0000-4000-8000-000000000011")
    page.locator(".date").first.get_by_role("button", name="Book").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Seats").fill("20")
    dialog.get_by_role("button", name="Hold seats").click()
    expect(dialog.get_by_role("alert")).to_contain_text("No seat is left")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
