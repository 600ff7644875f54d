"""Blocks of code in the pages of docs/."""

from __future__ import annotations

import re

from support.sources import ROOT

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str) -> list[tuple[str, str]]:
    """Language and text of each block of docs/NAME.md, in order."""
    return _BLOCK.findall((ROOT / "docs" / f"{name}.md").read_text())
