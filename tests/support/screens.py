"""Screens of the playground, and what is asked of each."""

from __future__ import annotations

from playwright.sync_api import Page

from support.sources import ROOT

AXE = ROOT / "playground" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = {
    "store": ".card",
    "workshop/20000000-0000-4000-8000-000000000011": ".date",
    "bookings": ".find",
    "organizer": ".runs",
    "lessons": ".rows",
    "week": ".week",
    "reminders": ".log li",
    "planner": ".slot",
    "session/c_plan_heights_1": ".people",
    "slots": ".rows",
    "compliance": ".people",
    "schema": ".catalog details",
}


def violations(page: Page) -> list[str]:
    """What axe finds, by rule and place."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run().then(result => result.violations)")
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def cut(page: Page) -> list[str]:
    """Elements that stick out of the page at the side."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
            .filter(e => { const r = e.getBoundingClientRect(); return r.right > innerWidth + 1 || r.left < -1 })
            .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""
    )


def show(page: Page, screen: str, what: str = "") -> None:
    """Goes to a screen and waits until it is there: what the one before had may look the same."""
    page.evaluate("hash => { location.hash = hash }", f"#/{screen}")
    wait_for(page, screen, what or SCREENS[screen])


def wait_for(page: Page, screen: str, what: str) -> None:
    page.wait_for_selector(f'main[data-page^="{screen}"] {what}')
    page.wait_for_selector(".waiting", state="detached")
