"""Takes passwords out of what is shown."""

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict

_STARS = "***"
_SECRETS = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")
_NAMES = "|".join(_SECRETS)
_VALUE = r"'(?:[^'\\]|\\.)*'|(?:[^\s'\"\\]|\\.)(?:[^\s\"\\]|\\.)*"
# What stands in any text; an address of the web is left alone.
_URI = re.compile(r"(postgres(?:ql)?(?:\+\w+)?://[^:/?#@\s\"]*:)[^\s\"]*(?=@)", re.IGNORECASE)
_PAIR = re.compile(rf"\b((?:{_NAMES})\s*=\s*)({_VALUE.replace('[^', '[^&')})", re.IGNORECASE)
# libpq and psycopg quote what they could not read.
_QUOTED = re.compile(r"""(?<=after ").+(?=" in connection)|(?<=")[^"]+(?=")|(?<=')[^']+(?=')""")
_WORD = re.compile(r"[^\W\d][^\W\d.-]*(?:[.-][^\W\d]+)*|[\d:.-]+|.{1,5}", re.DOTALL)

Span = tuple[int, int]


def redact(text: str, conninfo: str = "") -> str:
    """Takes passwords out of a message and leaves all else, because a password may be an ordinary word.

    Args:
        text: what is about to be shown.
        conninfo: the connection string in use, perhaps one that libpq cannot read.

    Returns:
        The text without the passwords of connection strings in it, without what libpq quotes of a password that it took
        for something else, and without the password in use, unless that could be a word.
    """
    parsed = _parsed(conninfo)
    spans = sorted(_as_written(conninfo) if parsed else _as_meant(conninfo))
    if spans:
        text = text.replace(conninfo, _blank(conninfo, spans))
        if not parsed:
            text = _QUOTED.sub(lambda piece: _without_overlap(piece.group(), conninfo, spans), text)
    text = _PAIR.sub(rf"\1{_STARS}", _URI.sub(rf"\1{_STARS}", text))
    known = {os.environ.get("PGPASSWORD", ""), *(str(parsed.get(name) or "") for name in _SECRETS)}
    for secret in sorted(known, key=len, reverse=True):
        if secret and not _WORD.fullmatch(secret):
            text = text.replace(secret, _STARS)
    return text


def _parsed(conninfo: str) -> dict[str, Any]:
    """Empty where libpq cannot read it, or reads a part of a password as host or port."""
    try:
        found = conninfo_to_dict(conninfo)
    except psycopg.Error:
        return {}
    strayed = _start(conninfo) and (
        "@" in str(found.get("host", "")) or re.search("[^0-9,]", str(found.get("port", "")))
    )
    return {} if strayed else found


def _start(conninfo: str) -> int:
    """Where a URI's user begins; 0: it is no URI."""
    scheme = re.match(r"\s*\w+(?:\+\w+)?:?//?", conninfo)
    return scheme.end() if scheme else 0


def _as_written(conninfo: str) -> Iterator[Span]:
    """Where the secrets stand in a string that libpq understands."""
    start = _start(conninfo)
    value = "[^&]*" if start else _VALUE
    for found in re.finditer(rf"\b(?:{_NAMES})\s*=\s*({value})", conninfo):
        yield found.span(1)
    if start and (written := re.compile("[^:/@]*:([^/@]*)@").match(conninfo, start)):
        yield written.span(1)


def _as_meant(conninfo: str) -> Iterator[Span]:
    """Where the secrets may stand in another string: rather more, because people forget to quote and to encode."""
    start = _start(conninfo)
    # Blanks between a password and the next option that there is are the password's.
    options = "|".join(option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults())
    end = "(?=&|$)" if start else rf"(?=\s+(?:{options})\s*=|$)"
    for found in re.finditer(
        rf"\b(?:{_NAMES})\s*[=:]\s*((?:'(?:[^'\\]|\\.)*'(?=\s|$))?.*?){end}", conninfo, re.I | re.S
    ):
        yield found.span(1)
    if meant := re.compile("[^:=]*:(.*)@", re.DOTALL).match(conninfo, start):
        yield meant.span(1)


def _blank(text: str, spans: list[Span]) -> str:
    parts, done = [], 0
    for begin, end in spans:
        if end > done:
            parts += [text[done : max(begin, done)], _STARS]
            done = end
    return "".join([*parts, text[done:]])


def _without_overlap(piece: str, conninfo: str, spans: list[Span]) -> str:
    """Blanks what may be of a secret in a piece of the connection string, which libpq shows as written or decoded."""
    for whole, secret in ((conninfo, spans), _decoded(conninfo, spans)):
        for found in re.finditer(f"(?={re.escape(piece)})", whole):
            begin, end = found.start(), found.start() + len(piece)
            inside = [(max(a, begin) - begin, min(b, end) - begin) for a, b in secret if a < end and b > begin]
            if inside:
                return _blank(piece, inside)
    return piece


def _decoded(conninfo: str, spans: list[Span]) -> tuple[str, list[Span]]:
    text, decoded, done = "", [], 0
    for begin, end in spans:
        text += unquote(conninfo[done:begin])
        secret = unquote(conninfo[max(begin, done) : end])
        decoded.append((len(text), len(text) + len(secret)))
        text += secret
        done = max(end, done)
    return text + unquote(conninfo[done:]), decoded
