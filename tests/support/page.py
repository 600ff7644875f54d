"""Blocks of code in the pages of docs/."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from support.sources import ROOT

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str) -> list[tuple[str, str]]:
    """Language and text of each block of docs/NAME.md, in order."""
    return _BLOCK.findall((ROOT / "docs" / f"{name}.md").read_text())


def with_commands(**more: str) -> dict[str, str]:
    """The environment of somebody who has installed the package: `sessionbook` is a command."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, **more}


def url(dsn: str) -> str:
    """The form that every driver takes."""
    said = conninfo_to_dict(dsn)
    login = quote(str(said.get("user", "postgres")))
    password = f":{quote(str(said['password']))}" if "password" in said else ""
    # A folder stands for a socket. Node takes it as the host only if there is no other.
    host, port = quote(str(said["host"]), safe=""), said.get("port", "5432")
    address = (
        f"/{said['dbname']}?host={host}&port={port}" if host.startswith("%2F") else f"{host}:{port}/{said['dbname']}"
    )
    return f"postgresql://{login}{password}@{address}"
