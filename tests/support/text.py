"""Comparison of long texts."""

from __future__ import annotations

from difflib import unified_diff

import pytest

LONGEST = 80


def differ(expected: str, found: str, expected_name: str, found_name: str, advice: str = "") -> None:
    """Fails with a unified diff where two texts are not the same."""
    if expected != found:
        before, after = expected.splitlines(), found.splitlines()
        lines = list(unified_diff(before, after, expected_name, found_name, lineterm="", n=2))
        more = [f"... and {len(lines) - LONGEST} lines more"] if len(lines) > LONGEST else []
        pytest.fail("\n".join([*lines[:LONGEST], *more, advice]), pytrace=False)
