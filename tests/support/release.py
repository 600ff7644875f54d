"""A release of the package that differs from the one before in every file that is applied again."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from sessionbook.package import default_root

_CONSTRAINT_TRIGGER = re.compile(r"create constraint trigger (zz_\d{3}_)(\w+)")


class Releases:
    """A copy of the package's SQL, to which one release after another is written."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "sql"
        self._number = 0
        shutil.copytree(default_root(), self.root)

    def next(self) -> None:
        """Another release of everything, with a migration that adds a column."""
        self.touch()
        self.migrate(
            f"alter table workshop_sessions add column release_{self._number} integer not null default {self._number};"
        )

    def touch(self) -> None:
        """Touches every function, view and trigger, and numbers constraint triggers anew."""
        self._number += 1
        for kind in ("functions", "views", "triggers"):
            for file in (self.root / kind).rglob("*.sql"):
                file.write_text(f"{file.read_text()}-- Release {self._number}.\n")
        for file in (self.root / "triggers").rglob("*.sql"):
            text = file.read_text()
            if found := _CONSTRAINT_TRIGGER.search(text):
                file.write_text(text.replace(f"{found[1]}{found[2]}", f"zz_7{self._number + 10}_{found[2]}"))

    def migrate(self, sql: str) -> None:
        """Adds a migration to unit workshop."""
        folder = self.root / "migrations" / "workshop"
        last = sorted(file.name for file in folder.glob("*.sql") if ".rollback." not in file.name)[-1]
        name = f"{int(last[:4]) + 1:04d}_release_{self._number}"
        (folder / f"{name}.sql").write_text(f"-- depends: {last.removesuffix('.sql')}\n{sql}\n")
