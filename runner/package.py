"""The tree of SQL files, read."""

import hashlib
import os
import re
from collections.abc import Container, Iterable, Mapping
from glob import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from .errors import PackageError, UsageError

UNITS = ("lifecycle", "workshop", "tutoring", "training")
KINDS = ("functions", "views", "triggers", "grants")
ENGINE = ("registry", "items", "drift", "plan", "migrate", "repeatables", "rollback", "citus", "move", "jobs")

_GRANT = re.compile(r"^(?:grant|revoke)\b[^;]*;", re.IGNORECASE | re.MULTILINE)
_GRANTEES = re.compile(r"\b(?:to|from)\s+([\w\s,\"]+?)\s*(?:with\s+grant\s+option\s*)?(?:cascade|restrict)?\s*;$", re.I)


class SqlFile(NamedTuple):
    """One file: its path below the SQL root with forward slashes, its text, and the hexadecimal hash of its bytes."""

    path: str
    text: str
    sha256: str

    @property
    def kind(self) -> str:
        """The folder that it is in: migrations, functions, views, triggers, grants or roles."""
        return self.path.split("/")[0]

    @property
    def name(self) -> str:
        """Its name without ending."""
        return self.path.rpartition("/")[2].removesuffix(".sql")

    @property
    def key(self) -> str:
        """What `-- requires:` calls it within its unit, such as functions/now."""
        return f"{self.kind}/{self.name}"

    def said(self, key: str) -> list[str]:
        """What the comment lines that open the file say in lines `-- key: value`."""
        opening = re.match(r"(?:--.*\n?|\s*\n)*", self.text)
        return re.findall(rf"^--[^\S\n]*{key}:[^\S\n]*(.*?)[^\S\n]*$", opening[0] if opening else "", re.MULTILINE)

    @property
    def transactional(self) -> bool:
        """False: `-- transactional: false` asks to be run outside a transaction."""
        return "false" not in self.said("transactional")

    def effective(self, roles: bool) -> str:
        """The text as it is sent: without roles, without grants to ours and revokes from them."""
        return self.text if roles else _GRANT.sub(_blank, self.text)

    def to_json(self, unit: str, roles: bool, *, content: bool) -> dict[str, str]:
        """The file as the engine wants it."""
        text = self.effective(roles)
        sha256 = self.sha256 if text == self.text else hashlib.sha256(text.encode()).hexdigest()
        return {"unit": unit, "path": self.path, "sha256": sha256, **({"content": text} if content else {})}

    @property
    def id(self) -> str:
        """Of a migration, unique over all units."""
        return self.name


class Unit(NamedTuple):
    """One unit's files: migrations by number, what takes them back by id, repeatables by kind and name."""

    name: str
    folder: Path
    migrations: tuple[SqlFile, ...]
    rollbacks: Mapping[str, SqlFile]
    repeatables: tuple[SqlFile, ...]

    def in_order(self, ids: Container[str] | None = None) -> list[SqlFile]:
        """Its migrations as yoyo reads and sorts them, all or those of some ids."""
        if ids == []:
            # Loading yoyo takes as long as finding that there is nothing to do.
            return []
        from yoyo.migrations import parse_metadata_from_sql_comments, read_migrations  # type: ignore[import-untyped]

        by_id = {migration.id: migration for migration in self.migrations}
        needs = {
            found.id: parse_metadata_from_sql_comments(by_id[found.id].text)[0].get("depends", "").split()
            for found in read_migrations(escape(str(self.folder)))
        }
        return [by_id[identity] for identity in _sorted(needs, self.name) if ids is None or identity in ids]

    def contents(self, roles: bool) -> list[dict[str, str]]:
        """Its repeatables in order, as the engine wants them."""
        return [file.to_json(self.name, roles, content=True) for file in self.files_in_order(roles)]

    def files_in_order(self, roles: bool) -> list[SqlFile]:
        """Its repeatables so that each comes after what it requires; what another unit has is there already."""
        files = {file.key: file for file in self.repeatables if roles or file.kind != "grants"}
        needs = {
            key: [
                name.replace(f"/{self.name}.", "/")
                for name in re.findall(r"[^\s,]+", " ".join(file.said("requires")))
                if "/lifecycle." not in name
            ]
            for key, file in sorted(files.items(), key=lambda item: (KINDS.index(item[1].kind), item[1].name))
        }
        return [files[key] for key in _sorted(needs, self.name)]


class Package(NamedTuple):
    """All files: role files in order, units in the order in which they are applied."""

    root: Path
    roles: tuple[SqlFile, ...]
    units: Mapping[str, Unit]

    def migration(self, identity: str) -> tuple[str, SqlFile]:
        """The migration with an id, and its unit; raises UsageError, which names those most like it: there is none."""
        found = {file.id: (unit.name, file) for unit in self.units.values() for file in unit.migrations}
        if identity in found:
            return found[identity]
        from difflib import get_close_matches

        ids = list(found)
        near = get_close_matches(identity, ids) or [name for name in ids if name.startswith(identity[:4])]
        raise UsageError(f"there is no migration {identity}", hint=f"Is it one of {', '.join(near or ids[-3:])}?")

    def engine(self) -> str:
        """SQL that installs the engine, if it is not there as it is in this package."""
        folder = self.root / "deploy" if (self.root / "deploy").is_dir() else default_root() / "deploy"
        text = "\n".join((folder / f"{name}.sql").read_text(encoding="utf-8") for name in ENGINE)
        sha256 = hashlib.sha256(f"{version('sessionbook')} {text}".encode()).hexdigest()
        around = (Path(__file__).parent / "deploy" / "engine.sql").read_text(encoding="utf-8")
        said = {"{sha256}": sha256, "{version}": version("sessionbook"), "{text}": text}
        return re.sub("|".join(map(re.escape, said)), lambda found: said[found[0]], around)

    def to_json(self, installations: list[dict[str, Any]], roles: bool) -> dict[str, Any]:
        """What the engine compares with the registry."""
        units = [self.units[name] for name in dict.fromkeys(one["unit"] for one in installations)]
        return {
            "installations": installations,
            "migrations": [
                {"unit": unit.name, "id": file.id, "path": file.path, "sha256": file.sha256}
                for unit in units
                for file in unit.migrations
            ],
            "files": [
                file.to_json(unit.name, roles, content=False) if roles or file.kind != "grants" else {"path": file.path}
                for unit in units
                for file in unit.repeatables
            ],
        }


def default_root() -> Path:
    """Folder of the SQL files: inside an installed wheel, beside this package in a checkout."""
    inside = Path(__file__).parent / "sql"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "sql"


def read_package(root: Path | None = None) -> Package:
    """Reads the whole tree below a folder that holds migrations/, functions/ and so on; by default the package's own.

    Raises PackageError: there are no migrations in the folder, or in a unit's.
    """
    root = default_root() if root is None else root
    folders = {name: root / "migrations" / name for name in UNITS}
    units = {name: _read_unit(root, name, folder) for name, folder in folders.items() if folder.is_dir()}
    if not units:
        raise PackageError(f"no migrations in {root}", hint="The folder must hold migrations/<unit>/NNNN_<slug>.sql.")
    return Package(root, tuple(_read(root, "roles")), units)


def _read_unit(root: Path, name: str, folder: Path) -> Unit:
    read = [file for file in _read(root, f"migrations/{name}") if file.name[0].isdigit()]
    migrations = tuple(file for file in read if not file.name.endswith(".rollback"))
    if not migrations:
        raise PackageError(f"migrations/{name} is empty")
    rollbacks = {file.name.removesuffix(".rollback"): file for file in read if file not in migrations}
    return Unit(
        name, folder, migrations, rollbacks, tuple(file for kind in KINDS for file in _read(root, f"{kind}/{name}"))
    )


def _read(root: Path, folder: str) -> list[SqlFile]:
    """The files of a folder by name, none if it is missing; by the plainest of means, because there are hundreds."""
    found = []
    for name in sorted(os.listdir(root / folder)) if (root / folder).is_dir() else ():
        if name.endswith(".sql"):
            with open(f"{root}/{folder}/{name}", "rb") as file:
                content = file.read()
            found.append(SqlFile(f"{folder}/{name}", content.decode("utf-8"), hashlib.sha256(content).hexdigest()))
    return found


def _sorted(needs: Mapping[str, Iterable[str]], unit: str) -> list[str]:
    from yoyo.topologicalsort import CycleError, topological_sort  # type: ignore[import-untyped]

    for name, needed in needs.items():
        if unknown := set(needed) - needs.keys():
            raise PackageError(f"{name} of {unit} requires {unknown.pop()}, which is not there")
    try:
        return list(topological_sort(needs, needs))
    except CycleError as error:
        raise PackageError(f"these of {unit} require each other: {', '.join(error.args[1])}") from None


def _blank(match: re.Match[str]) -> str:
    """A grant to or a revoke from our roles alone becomes blanks, so that every line keeps its number."""
    statement = match.group()
    grantees = _GRANTEES.search(statement)
    names = [name.strip().strip('"') for name in grantees.group(1).split(",")] if grantees else [""]
    return re.sub(r"\S", " ", statement) if all(name.startswith("sessionbook_") for name in names) else statement
