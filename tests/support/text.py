"""Comparison of long texts."""

from __future__ import annotations

from difflib import unified_diff

import pytest


def differ(expected: str, found: str, expected_name: str, found_name: str, advice: str = "") -> None:
    """Fails with a unified diff where two texts are not the same."""
    if expected != found:
        lines = unified_diff(expected.splitlines(), found.splitlines(), expected_name, found_name, lineterm="", n=2)
        pytest.fail("\n".join([*lines, advice]), pytrace=False)
