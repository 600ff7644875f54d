"""Durations as people write them."""

import re

from .errors import UsageError

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


def seconds(text: str) -> float:
    """Reads a duration.

    Args:
        text: a number with ms, s, m or h behind it, such as 10s or 5m; a bare number is seconds.

    Returns:
        Seconds, more than 0.

    Raises:
        UsageError: not a duration.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|)", text.strip())
    if match is None or float(match[1]) == 0:
        raise UsageError(f"not a duration: {text!r}", hint="Write 10s, 5m or 1h.")
    return float(match[1]) * _SECONDS[match[2]]
