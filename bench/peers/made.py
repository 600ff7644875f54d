"""Sets a peer up: its packages in a virtual environment, or in node_modules."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "build" / "peers"


class Skipped(Exception):
    """A peer cannot be had here; the text says why."""


def python_with(name: str, *packages: str) -> tuple[Path, str]:
    """A Python that has these packages.

    Args:
        name: of the folder.
        packages: as pip takes them; the first is the peer.

    Returns:
        The interpreter, and the peer with its version.

    Raises:
        Skipped: pip says no.
    """
    python = FOLDER / name / "bin" / "python"
    if not python.exists():
        _run([sys.executable, "-m", "venv", FOLDER / name], FOLDER.parent)
    _run([python, "-m", "pip", "install", "--quiet", *packages], FOLDER)
    version = _run([python, "-c", f"import importlib.metadata as m; print(m.version({packages[0]!r}))"], FOLDER)
    return python, f"{packages[0]} {version.strip()}"


def node_with(script: str, package: str, versions: str = "latest") -> tuple[list[str | Path], str]:
    """A script for Node beside the package that it imports.

    Args:
        script: file of this folder.
        package: name in the npm registry.
        versions: which of them, as npm takes it.

    Returns:
        The command, and the package with its version.

    Raises:
        Skipped: there is no Node, or npm says no.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Skipped("there is no Node with npm")
    folder = FOLDER / package
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    _run([npm, "install", "--no-audit", "--no-fund", "--silent", f"{package}@{versions}", "pg"], folder)
    shutil.copy(HERE / script, folder)
    version = json.loads((folder / "node_modules" / package / "package.json").read_text())["version"]
    return [node, folder / script], f"{package} {version}"


def _run(command: list[str | Path], folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skipped(f"{Path(command[0]).name} failed: {done.stderr.strip()[-300:]}")
    return done.stdout
