"""Small packages to deploy, and the command: called here, or as a process."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from sessionbook.cli import main


class Tree:
    """A folder of SQL files that tests write."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, sql: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sql, encoding="utf-8")
        return file

    def remove(self, path: str) -> None:
        (self.root / path).unlink()


class Command:
    """The command sessionbook: called here, or started as a process of its own."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.started: list[subprocess.Popen[str]] = []

    def _line(self, name: str, *arguments: str) -> list[str]:
        without = name in ("tick", "demo", "watch", "forget", "rename")
        return [*name.split(), *([] if without else ["--sql-root", str(self.tree.root)]), *arguments]

    def start(self, name: str, *arguments: str, env: dict[str, str] | None = None, **how: Any) -> subprocess.Popen[str]:
        """For signals, and for what is decided when Python starts."""
        process = subprocess.Popen(
            [sys.executable, "-m", "sessionbook", *self._line(name, *arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
            **how,
        )
        self.started.append(process)
        return process

    def __call__(
        self, name: str, *arguments: str, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return called([*self._line(name, *arguments)], env)

    def json(self, name: str, *arguments: str, **how: Any) -> dict[str, Any]:
        done = self(name, "--json", *arguments, **how)
        assert len(done.stdout.splitlines()) == 1, done.stderr
        return {"exit_code": done.returncode, **json.loads(done.stdout)}


def called(line: list[str], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command in this process, without a terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        time.tzset()
        patch.setattr(sys, "stdin", io.StringIO())
        try:
            main(line)
        except SystemExit as end:
            code = end.code
    time.tzset()
    said = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(line, code, *said)
