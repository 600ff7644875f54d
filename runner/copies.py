"""Which installed copies a command is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .errors import UsageError
from .package import UNITS, Package

REGISTRY = "sessionbook"
SHARED = "lifecycle"
_LONGEST_NAME = 63


@dataclass(frozen=True)
class Copy:
    """A unit in a schema."""

    unit: str
    schema: str

    @property
    def books(self) -> str:
        """Schema that holds its books: one for all copies in their default schema, its own for every other."""
        return REGISTRY if self.schema == self.unit else self.schema

    def __str__(self) -> str:
        return self.unit if self.schema == self.unit else f"{self.unit} in {self.schema}"


def choose(
    package: Package,
    registered: Iterable[Copy],
    units: Sequence[str] | None,
    schemas: Mapping[str, str] | None,
) -> list[Copy]:
    """Copies that a command covers.

    Args:
        package: units that can be installed.
        registered: copies there are in the database.
        units: limit to these and the shared unit, which they need; None: all.
        schemas: unit to schema; of such a unit this one copy only. Others: the default and every registered copy.

    Returns:
        Copies in the order in which they are applied.

    Raises:
        UsageError: an unknown unit, or a schema that cannot be a target.
    """
    schemas = schemas or {}
    for name in (*(units or ()), *schemas):
        if name not in package.units:
            raise UsageError(f"no unit {name}", hint=f"Known are {', '.join(package.units)}.")
    chosen = set(units) if units else set(package.units)
    for unit, schema in schemas.items():
        _refuse_target(unit, schema)
        if unit not in chosen:
            raise UsageError(f"--schema {unit}={schema} names a unit that --unit leaves out")
    copies: list[Copy] = []
    for unit in package.units:
        if unit == SHARED:
            copies.append(Copy(unit, unit))
        elif unit in schemas:
            copies.append(Copy(unit, schemas[unit]))
        elif unit in chosen:
            others = sorted({copy.schema for copy in registered if copy.unit == unit} - {unit})
            copies += [Copy(unit, schema) for schema in (unit, *others)]
    return copies


def _refuse_target(unit: str, schema: str) -> None:
    if unit == SHARED and schema != SHARED:
        raise UsageError(f"{SHARED} cannot be moved: there is one per database, in schema {SHARED}")
    if not schema or len(schema.encode()) > _LONGEST_NAME or not schema.isprintable():
        raise UsageError(f"not a name of a schema: {schema!r}", hint=f"{_LONGEST_NAME} bytes at most, on one line.")
    if schema == "public":
        raise UsageError(
            f"schema public is everybody's and cannot hold a copy of {unit}", hint="Name a schema of its own."
        )
    others = schema in UNITS and schema != unit
    if others or schema in (REGISTRY, "information_schema", "$user") or schema.startswith("pg_"):
        raise UsageError(f"schema {schema} is reserved and cannot hold a copy of {unit}")
    if "%" in schema:
        # It would be taken for a placeholder wherever the books are asked with parameters.
        raise UsageError(f"schema {schema} cannot hold a copy: a percent sign cannot be in its name")
