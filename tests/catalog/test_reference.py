"""docs/reference and docs/llms.txt are what the catalog says."""

from __future__ import annotations

import psycopg

from support.reference import pages
from support.text import differ


def test_reference_equals_the_catalog(installed: psycopg.Connection) -> None:
    for path, text in pages(installed).items():
        written = path.read_text() if path.exists() else ""
        differ(written, text, path.name, "the catalog", "to draw it again: make reference")
