"""What psql would not send to the server as it stands."""

import re

from ..errors import PackageError
from ..sqlscan import outlined, tokens, unended

# Numbers are left out: slices of arrays are full of them, and nobody gives a variable such a name.
_VARIABLE = re.compile(r"(?<!:):(?:[^\W\d]|['\"]|\{\?)")


def refuse_for_psql(file: str, text: str) -> None:
    """Refuses a file that psql would change, divide otherwise than the server, or read beyond its end.

    Args:
        file: path for the message.
        text: its SQL, as it is to stand in a script.

    Raises:
        PackageError: a command or variable of psql's outside comments and literals, a literal without an end, or a
            body that psql looks for where there is none.
    """
    outline = outlined(text)
    for found, said in (
        (unended(text), "a comment or literal without an end would swallow what follows in the script"),
        (outline.find("\\"), "psql would take the backslash for a command"),
        (_at(_VARIABLE.search(outline)), "psql would take the name after the colon for a variable of its own"),
        (_stray_begin(text), "psql would wait for the end of this begin"),
    ):
        if found >= 0:
            raise PackageError(
                f"{file}:{text.count(chr(10), 0, found) + 1}: {said}",
                hint="Apply it with sessionbook apply, or put it otherwise: a blank after the colon, a body in quotes.",
            )


def _at(match: re.Match[str] | None) -> int:
    return -1 if match is None else match.start()


def _stray_begin(text: str) -> int:
    """Where a routine says begin outside parentheses, and not as the beginning of `begin atomic`."""
    words: list[str] = []
    parens, begun = 0, -1
    for lexeme, offset in tokens(text):
        if begun >= 0 and lexeme != "atomic":
            return begun
        begun = -1
        if lexeme == ";" and not parens:
            words = []
            continue
        parens += {"(": 1, ")": -1}.get(lexeme, 0)
        words.append(lexeme)
        if lexeme == "begin" and not parens and _makes_routine(words):
            begun = offset
    return begun


def _makes_routine(words: list[str]) -> bool:
    made = words[3:4] if words[1:3] == ["or", "replace"] else words[1:2]
    return words[0] == "create" and made in (["function"], ["procedure"])
