"""The built site in Debian's Chromium: one database, loaded once, that all tests of the file share."""

from __future__ import annotations

import fcntl
import importlib.util
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from support.choice import do_without

ROOT = Path(__file__).parents[2]
OFFLINE = re.compile(
    r"^npm error code (EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ENOTFOUND|ETIMEDOUT)$", re.MULTILINE
)
# Without these a browser that starts looks up addresses of its maker's; as root there is no sandbox.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Milliseconds: opening takes three seconds, and ten times that on a machine that does much else.
PATIENCE = 150_000


def _make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("playground_make", ROOT / "playground" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Builds the site and serves it; its address."""
    if shutil.which("chromium") is None:
        do_without("chromium", "there is no chromium; Debian's package of that name brings it")
    with (ROOT / "playground" / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = subprocess.run(
            [sys.executable, ROOT / "playground" / "make.py", "build"], capture_output=True, text=True, check=False
        )
    if OFFLINE.search(made.stderr):
        do_without("npm", "the npm registry cannot be reached, and the playground's packages come from there")
    assert made.returncode == 0, made.stdout + made.stderr
    with _make().serve(0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def visitor(site: str, browser: Browser) -> Iterator[BrowserContext]:
    """A visitor whose browser has the database; nothing that the page asks for leaves this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Asia/Kuwait")
    context.route(lambda address: not address.startswith(site), lambda route: route.abort())
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(site)
    page.wait_for_selector(".cards")
    page.close()
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about."""
    return []


@pytest.fixture
def page(visitor: BrowserContext, site: str, complaints: list[str]) -> Iterator[Page]:
    """The store, in English, with the database that is there already."""
    page = visitor.new_page()
    page.set_default_timeout(PATIENCE)

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(site)
    page.evaluate(
        "localStorage.setItem('sessionbook-language', 'en'); localStorage.setItem('sessionbook-sql', 'closed')"
    )
    page.reload()
    page.wait_for_selector(".cards")
    yield page
    page.close()
    assert complaints == []
