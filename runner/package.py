"""The tree of SQL files, read and checked."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .errors import PackageError
from .grants import without_role_grants
from .sqlscan import statements

UNITS = ("lifecycle", "workshop", "tutoring", "training")
KINDS = ("functions", "views", "triggers", "grants")

_MIGRATION = re.compile(r"(?P<id>(?P<number>\d{4})_[a-z0-9_]+)(?P<rollback>\.rollback)?\.sql")
_HEADER = re.compile(r"--[^\S\n]*(?P<key>[a-z]+):(?P<value>.*)")


@dataclass(frozen=True)
class SqlFile:
    """One file.

    Attributes:
        path: below the SQL root, with forward slashes.
        text: its SQL.
        sha256: hexadecimal hash of its bytes.
    """

    path: str
    text: str
    sha256: str

    @cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """`-- key: value` pairs of the comment lines that open the file."""
        found = []
        for line in self.text.splitlines():
            if line.strip() and not line.startswith("--"):
                break
            if match := _HEADER.match(line):
                found.append((match["key"], match["value"].strip()))
        return tuple(found)

    @cached_property
    def transactional(self) -> bool:
        """False: `-- transactional: false` asks to be run outside a transaction."""
        return ("transactional", "false") not in self.headers


@dataclass(frozen=True)
class Migration(SqlFile):
    """A one-way change.

    Attributes:
        id: file name without ending, unique over all units.
        unit: unit it belongs to.
        number: the four digits in front.
        rollback: the file that takes it back, where there is one.
    """

    id: str
    unit: str
    number: int
    rollback: SqlFile | None

    @cached_property
    def depends(self) -> tuple[str, ...]:
        """Ids on its `-- depends:` lines, with spaces between them, as yoyo reads them."""
        return tuple(name for key, value in self.headers if key == "depends" for name in value.split())

    @cached_property
    def rebuild(self) -> tuple[str, ...]:
        """Views on its `-- rebuild:` lines: they stand in the way of what it alters."""
        return _listed(self, "rebuild")

    @cached_property
    def repairs(self) -> tuple[tuple[str, str, str], ...]:
        """Table, column and condition on its `-- repairs:` lines: what it sets in rows that are there, and in which."""
        return _conditions(self, "repairs")

    @cached_property
    def refuses(self) -> tuple[tuple[str, str, str], ...]:
        """Table, column and condition on its `-- refuses:` lines: rows that stop it by a check of its own."""
        return _conditions(self, "refuses")


@dataclass(frozen=True)
class Repeatable(SqlFile):
    """A file that is applied again whenever something changed.

    Attributes:
        kind: functions, views, triggers or grants.
        unit: unit it belongs to.
        name: file name without ending.
    """

    kind: str
    unit: str
    name: str

    @property
    def key(self) -> str:
        """What `-- requires:` calls it within its unit, such as functions/now."""
        return f"{self.kind}/{self.name}"

    @cached_property
    def requires(self) -> tuple[str, ...]:
        """Names on its `-- requires:` lines, as written."""
        return _listed(self, "requires")

    def without_roles(self) -> "Repeatable":
        """The file as --no-roles applies it; its hash is that of the text left."""
        text = without_role_grants(self.text)
        if text == self.text:
            return self
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return Repeatable(self.path, text, sha256, self.kind, self.unit, self.name)


@dataclass(frozen=True)
class Unit:
    """One unit's files: migrations in order, repeatables in no particular one."""

    name: str
    folder: Path
    migrations: tuple[Migration, ...]
    repeatables: tuple[Repeatable, ...]


@dataclass(frozen=True)
class Package:
    """All files: role files in order, units in the order in which they are applied."""

    root: Path
    roles: tuple[SqlFile, ...]
    units: Mapping[str, Unit]


def _listed(file: SqlFile, wanted: str) -> tuple[str, ...]:
    values = (value for key, value in file.headers if key == wanted)
    return tuple(name for value in values for part in value.split(",") if (name := part.strip()))


def _conditions(file: SqlFile, wanted: str) -> tuple[tuple[str, str, str], ...]:
    """`-- key: table.column where condition`, which may go on in lines that are set in further."""
    header = re.match(r"(?:--.*\n|\s*\n)*", file.text)
    text = re.sub(r"\n--[^\S\n]{3,}", " ", header.group() if header else "")
    found = []
    for value in re.findall(rf"^-- {wanted}: *(.*)$", text, re.MULTILINE):
        match = re.fullmatch(r"(\w+)\.(\w+)(?: where (.+))?", value.strip())
        if match is None:
            raise PackageError(f"{file.path}: write `-- {wanted}: table.column where condition`")
        found.append((match[1], match[2], match[3] or "true"))
    return tuple(found)


def default_root() -> Path:
    """Folder of the SQL files: inside an installed wheel, beside this package in a checkout."""
    inside = Path(__file__).parent / "sql"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "sql"


def read_package(root: Path | None = None) -> Package:
    """Reads and checks the whole tree.

    Args:
        root: folder that holds migrations/, functions/ and so on; by default the package's own.

    Returns:
        The package.

    Raises:
        PackageError: a folder is missing or empty, a name is wrong or twice there, a number is missing.
    """
    root = default_root() if root is None else root
    migrations = root / "migrations"
    if not migrations.is_dir():
        raise PackageError(f"no migrations in {root}", hint="The folder must hold migrations/<unit>/NNNN_<slug>.sql.")
    _refuse_unknown_units(root)
    units = {
        name: Unit(
            name,
            migrations / name,
            _read_migrations(root, name),
            tuple(file for kind in KINDS for file in _read_repeatables(root, kind, name)),
        )
        for name in UNITS
        if (migrations / name).is_dir()
    }
    if not units:
        raise PackageError(f"no unit in {migrations}", hint=f"Known are {', '.join(UNITS)}.")
    _refuse_shared_ids(units)
    roles = tuple(read_file(root, file) for file in _sql_files(root / "roles"))
    return Package(root, roles, units)


def _refuse_unknown_units(root: Path) -> None:
    for kind in ("migrations", *KINDS):
        for folder in sorted((root / kind).glob("*/")):
            where = f"{kind}/{folder.name}"
            if folder.name not in UNITS:
                raise PackageError(f"{where} belongs to no unit", hint=f"Known are {', '.join(UNITS)}.")
            if not (root / "migrations" / folder.name).is_dir():
                raise PackageError(f"{where} has no migrations/{folder.name} beside it")


def _refuse_shared_ids(units: Mapping[str, Unit]) -> None:
    # Copies in their default schemas share one set of books, which knows a migration by its id alone.
    seen: dict[str, Migration] = {}
    for unit in units.values():
        for migration in unit.migrations:
            if other := seen.get(migration.id):
                raise PackageError(f"{migration.path} has the same id as {other.path}", hint="Rename the newer one.")
            seen[migration.id] = migration


def _read_migrations(root: Path, unit: str) -> tuple[Migration, ...]:
    folder = root / "migrations" / unit
    forward: dict[str, SqlFile] = {}
    backward: dict[str, SqlFile] = {}
    for file in sorted(folder.iterdir()):
        if file.name.startswith((".", "__")):
            continue
        match = _MIGRATION.fullmatch(file.name)
        if match is None:
            raise PackageError(
                f"migrations/{unit}/{file.name} is no name of a migration",
                hint="Use NNNN_<slug>.sql or NNNN_<slug>.rollback.sql.",
            )
        (backward if match["rollback"] else forward)[match["id"]] = read_file(root, file)
    if not forward:
        raise PackageError(f"migrations/{unit} is empty")
    for identity, rollback in backward.items():
        if identity not in forward:
            raise PackageError(f"{rollback.path} takes back a migration that is not there")
    migrations = tuple(
        Migration(file.path, file.text, file.sha256, identity, unit, int(identity[:4]), backward.get(identity))
        for identity, file in forward.items()
    )
    for expected, migration in enumerate(migrations, start=1):
        if migration.number != expected:
            raise PackageError(f"{migration.path} should be number {expected:04d}: numbers have no gaps and no twins")
        for text in filter(None, (migration, migration.rollback)):
            _refuse_half_transactional(text)
    return migrations


def _refuse_half_transactional(file: SqlFile) -> None:
    if any(key == "transactional" and value not in ("true", "false") for key, value in file.headers):
        raise PackageError(f"{file.path}: `-- transactional:` is true or false")
    if file.transactional:
        return
    if any(key == "rebuild" for key, _ in file.headers):
        raise PackageError(f"{file.path} runs outside a transaction, so no view can be away just while it does")
    # What a file did before it failed could not be told otherwise.
    if (count := len(list(statements(file.text)))) != 1:
        raise PackageError(f"{file.path} runs outside a transaction and has {count} statements instead of one")


def _read_repeatables(root: Path, kind: str, unit: str) -> tuple[Repeatable, ...]:
    files = (read_file(root, file) for file in _sql_files(root / kind / unit))
    return tuple(
        Repeatable(file.path, file.text, file.sha256, kind, unit, Path(file.path).name.removesuffix(".sql"))
        for file in files
    )


def _sql_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sql"))


def read_file(root: Path, file: Path) -> SqlFile:
    """Reads one file below the SQL root; raises PackageError where it is not plain UTF-8."""
    path = file.relative_to(root).as_posix()
    content = file.read_bytes()
    if content.startswith(b"\xef\xbb\xbf"):
        raise PackageError(f"{path} begins with a byte order mark", hint="Save it as UTF-8 without one.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PackageError(f"{path} is not UTF-8: {error}") from None
    return SqlFile(path, text, hashlib.sha256(content).hexdigest())
