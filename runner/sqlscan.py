"""A light reading of SQL text: where its statements begin, without a parser."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .errors import PackageError

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*)
    | (?P<block>/\*)
    | (?P<string>[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>\d\w*)
    | (?P<mark>[;()\\])
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK = re.compile(r"/\*|\*/")
_STREAMS = {"stdin", "stdout"}
_ENDS_TRANSACTION = {"begin", "start", "commit", "end", "rollback", "abort"}


class Statement(NamedTuple):
    """The first words of a statement, lower case, and the line it begins on (from 1)."""

    words: tuple[str, ...]
    line: int


def lexemes(text: str) -> Iterator[tuple[str, int, int]]:
    """Kind, begin and end of what is more than a sign; a comment or literal without an end is of kind open."""
    at = 0
    while match := _TOKEN.search(text, at):
        kind, at = str(match.lastgroup), match.end()
        if kind == "block":
            depth = 1
            while depth and (edge := _BLOCK.search(text, at)):
                depth += 1 if edge.group() == "/*" else -1
                at = edge.end()
            if depth:
                kind, at = "open", len(text)
        elif kind == "dollar":
            end = text.find(match.group(), at)
            kind, at = ("open", len(text)) if end < 0 else (kind, end + len(match.group()))
        yield kind, match.start(), at


def tokens(text: str) -> Iterator[tuple[str, int]]:
    """Words and marks outside comments and literals, lower case, with their offset; a quoted name is a quote."""
    for kind, start, end in lexemes(text):
        if kind in ("word", "mark"):
            yield text[start:end].lower(), start
        elif kind == "quoted":
            yield '"', start


def unended(text: str) -> int:
    """Where a comment or literal begins that has no end; -1: nowhere."""
    opened = next((start for kind, start, _ in lexemes(text) if kind == "open"), -1)
    quote = re.search(r"['\"]", outlined(text, sign=" "))
    return opened if opened >= 0 or quote is None else quote.start()


def outlined(text: str, sign: str | None = None) -> str:
    """A text of the same length in which comments are blank, and literals and quoted names too but for a first sign.

    Args:
        text: SQL.
        sign: to put there; None: a quote, or for dollar quotes a dollar.
    """
    parts: list[str] = []
    done = 0
    for kind, start, end in lexemes(text):
        if kind in ("comment", "block", "string", "quoted", "dollar"):
            first = {"string": "'", "quoted": '"', "dollar": "$"}.get(kind, " ") if sign is None else sign
            parts += [text[done:start], first, re.sub(r"[^\n]", " ", text[start + 1 : end])]
            done = end
    return "".join([*parts, text[done:]])


def statements(text: str) -> Iterator[Statement]:
    """Top-level statements of a file.

    Bodies written `begin atomic … end` belong to the statement that they are in; a parameter or column named begin is
    just a name.

    Args:
        text: SQL as it would be sent to the server.

    Returns:
        One Statement each, in order.
    """
    words: list[str] = []
    start = parens = atomic = 0
    previous = ""
    for lexeme, offset in tokens(text):
        if lexeme == ";" and not parens and not atomic:
            if words:
                yield Statement(tuple(words), text.count("\n", 0, start) + 1)
            words, previous = [], ""
            continue
        if not words:
            start = offset
        if lexeme == "(":
            parens += 1
        elif lexeme == ")":
            parens = max(parens - 1, 0)
        elif atomic:
            atomic += {"case": 1, "end": -1}.get(lexeme, 0)
        elif lexeme == "atomic" and previous == "begin" and not parens and words[0] == "create":
            atomic = 1
        previous = lexeme
        if len(words) < 3 or lexeme in _STREAMS:
            words.append(lexeme)
    if words:
        yield Statement(tuple(words), text.count("\n", 0, start) + 1)


def refuse_unsendable(file: str, text: str) -> None:
    """Refuses what cannot be part of one transaction sent as a whole.

    Args:
        file: path for the message.
        text: the file's SQL.

    Raises:
        PackageError: a top-level begin, commit or the like, COPY with the client, or a psql command.
    """
    for words, line in statements(text):
        first, second = words[0], words[1] if len(words) > 1 else ""
        if first == "\\":
            raise PackageError(f"{file}:{line}: psql commands cannot be sent to the server")
        if first == "copy" and words[-1] in _STREAMS:
            raise PackageError(f"{file}:{line}: COPY from stdin or to stdout has no other end here", hint="Use INSERT.")
        # Back to a savepoint is no end of the transaction.
        if first == "rollback" and "to" in words[1:]:
            continue
        if first in _ENDS_TRANSACTION or (first, second) == ("prepare", "transaction"):
            raise PackageError(
                f"{file}:{line}: {first.upper()} at the top level; each file is one transaction, opened for it",
                hint=f"Take {first.upper()} out.",
            )
