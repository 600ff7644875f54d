"""Screens with nothing to show, nothing found, or a server that is gone: both languages, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from support.screens import cut, show, violations

pytestmark = pytest.mark.timeout(900)

# Screens of which nothing is there: what is asked for does not exist, or nothing is planned.
EMPTY = [
    "workshop/20000000-0000-4000-8000-00000000ffff",
    "organizer/10000000-0000-4000-8000-00000000ffff",
    "run/40000000-0000-4000-8000-00000000ffff",
    "lessons/99999",
    "week/99999",
    "planner/2029-01-01",
    "session/c_none",
]
SHAPES = [("en", 1280), ("en", 360), ("ar", 1280), ("ar", 360)]


def shape(page: Page, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    if language == "ar":
        page.get_by_role("button", name="العربية").click()
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize(("language", "width"), SHAPES)
def test_empty_lists_say_why_and_what_to_do(page: Page, language: str, width: int) -> None:
    shape(page, language, width)
    problems = []
    for screen in EMPTY:
        show(page, screen, ".empty")
        problems += [f"{screen} {problem}" for problem in cut(page) + violations(page)]
    assert problems == [], "\n".join(problems)


def test_a_way_leads_on_by_keyboard(page: Page) -> None:
    show(page, EMPTY[0], ".empty a")
    page.locator(".empty a").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector('main[data-page="store"] .cards')


def test_nothing_found_can_be_cleared(page: Page) -> None:
    show(page, "schema", ".catalog details")
    page.get_by_role("searchbox").fill("no such name")
    expect(page.locator(".empty")).to_have_count(1)
    page.locator(".empty").get_by_role("button").click()
    expect(page.locator(".catalog details")).not_to_have_count(0)

    show(page, "bookings", ".find")
    page.get_by_label("E-mail or phone").fill("nobody@example.org")
    page.get_by_role("button", name="Find").first.click()
    expect(page.locator(".empty").first).to_contain_text("Nothing was booked")

    show(page, "session/c_plan_heights_1", ".people")
    page.get_by_role("button", name="Invite").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("zzzz")
    expect(dialog.locator(".empty")).to_have_count(1)
    assert violations(page) == []
    dialog.locator(".empty").get_by_role("button").click()
    expect(dialog.locator(".choices input")).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize(("language", "width"), SHAPES)
def test_a_server_that_is_gone_and_comes_back(visitor: BrowserContext, site: str, language: str, width: int) -> None:
    gone = True

    def answer(route: Route) -> None:
        if gone:
            route.abort()
        else:
            route.fulfill(json=[], headers={"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"})

    with visitor.new_page() as page:
        page.route("http://server.test/**", answer)
        page.goto(f"{site}?api=http://server.test")
        page.evaluate("language => localStorage.setItem('sessionbook-language', language)", language)
        page.reload()
        page.set_viewport_size({"width": width, "height": 900})
        problems = []
        for screen in ("store", "organizer", "planner", "session/any", "slots", "reminders"):
            show(page, screen, ".refusal")
            problems += [f"{screen} {problem}" for problem in cut(page) + violations(page)]
        assert problems == [], "\n".join(problems)
        show(page, "store", ".refusal")
        gone = False
        page.locator(".refusal").get_by_role("button").click()
        page.wait_for_selector('main[data-page="store"] .empty')
        expect(page.locator(".refusal")).to_have_count(0)


def test_an_answer_that_is_no_rest(visitor: BrowserContext, site: str) -> None:
    with visitor.new_page() as page:
        page.route("http://server.test/**", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
        page.goto(f"{site}?api=http://server.test")
        expect(page.locator(".refusal").first).to_contain_text("502")


def test_loading_is_said(site: str, visitor: BrowserContext) -> None:
    with visitor.new_page() as slow:
        slow.route("http://server.test/**", lambda route: None)
        slow.goto(f"{site}?api=http://server.test#/organizer")
        expect(slow.locator(".waiting")).not_to_have_count(0)
        assert violations(slow) == []
