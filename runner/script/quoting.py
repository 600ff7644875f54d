"""Text as part of a script."""

from collections.abc import Iterable
from itertools import count

from ..execution import literal


def array(texts: Iterable[str]) -> str:
    """A constant of type text[]."""
    return f"array[{', '.join(map(literal, texts))}]::text[]"


def dollar(text: str) -> str:
    """A string constant in which the text stands as it is: psql replaces nothing within dollar quotes."""
    tags = (f"$sessionbook{number or ''}$" for number in count())
    # A text that ends in the beginning of the tag would end it too early.
    tag = next(tag for tag in tags if tag[:-1] not in text)
    return f"{tag}{text}{tag}"


def said(text: str) -> str:
    """A text on one line, for comments and messages."""
    return " ".join(text.split())
