"""Every error has a code, a key, a message and a way out, and is registered in docs/errors.md."""

from __future__ import annotations

import re
from collections import defaultdict

from support.catalog import none_of
from support.sources import ROOT, all_sources, raises, without_strings

# A lock that was not free has PostgreSQL's own code, which applications try again by anyway.
CODE = r"PT[0-9]{3}|55P03"
REGISTRY = ROOT / "docs" / "errors.md"


# The deploy engine and adopt speak to deployers, by PostgreSQL's own codes; docs/deploying.md lists what they refuse.
UNITS_SOURCES = [source for source in all_sources() if source.path.parent.name not in ("deploy", "adopt")]


def _raised() -> dict[tuple[str, str], str]:
    """Pairs of key and code, with a file that raises them."""
    return {
        (one.option("constraint") or "", one.option("errcode") or ""): str(source)
        for source in UNITS_SOURCES
        for one in raises(source)
    }


def _registered() -> list[tuple[str, str]]:
    text = REGISTRY.read_text() if REGISTRY.exists() else ""
    return re.findall(rf"^\|\s*`([a-z0-9_]+)`\s*\|\s*`?({CODE})`?\s*\|", text, re.MULTILINE)


def test_raises_are_complete() -> None:
    problems = []
    for source in UNITS_SOURCES:
        for one in raises(source):
            where = f"{source}: {one.option('constraint') or ' '.join(one.text.split())[:60]}"
            if not re.match(r"raise\s+exception\s+using\b", one.text):
                problems.append(f"{where}: not `raise exception using`")
            if not re.fullmatch(CODE, one.option("errcode") or ""):
                problems.append(f"{where}: errcode is not a literal PT and HTTP status, or 55P03")
            if not re.fullmatch(r"[a-z][a-z0-9_]*", one.option("constraint") or ""):
                problems.append(f"{where}: constraint is not a literal key in snake_case")
            if one.option("message") is None:
                problems.append(f"{where}: no message")
            # Layers that drop the constraint field still show the detail.
            if not re.search(rf"\bdetail\s*=\s*e'key: {one.option('constraint')}\\n'", one.text):
                problems.append(f"{where}: the detail does not begin with e'key: <the same key>\\n'")
            if one.option("hint") is None:
                problems.append(f"{where}: no hint")
    none_of(problems, "raise exception using errcode, constraint, message, detail with the key, and hint")


def test_nothing_else_is_raised() -> None:
    levels = r"exception|notice|warning|info|debug|log"
    none_of(
        [
            f"{source}: {found.group(0)}"
            for source in all_sources()
            for found in re.finditer(rf"\braise\s+(?!(?:{levels})\b)([^;\s]+)", without_strings(source.text))
            if not re.search(rf"\bwhen\s+{re.escape(found.group(1))}\s+then\b", source.code)
        ],
        "raise exception using, a bare `raise`, or a condition that the same file catches",
    )


def test_nothing_loses_the_code_of_an_error() -> None:
    none_of(
        [
            str(source)
            for source in all_sources()
            for found in re.finditer(r"\bwhen\s+others\s+then\b(.*)", without_strings(source.text), re.DOTALL)
            if not re.search(r"\b(returned_)?sqlstate\b|\braise\s*;", found.group(1))
        ],
        "`when others` keeps the SQLSTATE, or raises again",
    )


def test_registry_and_code_agree() -> None:
    raised, registered = _raised(), _registered()
    none_of(
        [f"{key} {code}: raised in {raised[key, code]}, not registered" for key, code in raised.keys() - registered]
        + [f"{key} {code}: registered, raised nowhere" for key, code in set(registered) - raised.keys()],
        "docs/errors.md registers every key: | `key` | PT409 | ... |",
    )


def test_a_key_has_one_code_and_one_row() -> None:
    codes = defaultdict(list)
    for key, code in _registered():
        codes[key].append(code)
    none_of([f"{key}: {', '.join(found)}" for key, found in codes.items() if len(found) > 1], "one row a key")
