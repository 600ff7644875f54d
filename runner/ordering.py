"""The order in which a unit's repeatables are applied."""

import heapq
from collections.abc import Iterable

from .errors import PackageError
from .package import KINDS, Package, Repeatable, Unit


def in_order(package: Package, unit: Unit) -> list[Repeatable]:
    """Sorts a unit's repeatables so that each comes after what it requires.

    Args:
        package: all files, for names of the unit that every unit may use.
        unit: whose repeatables to sort.

    Returns:
        All repeatables of the unit; where requirements leave a choice, by kind and then by name.

    Raises:
        PackageError: an unknown name, or a cycle.
    """
    files = {file.key: file for file in unit.repeatables}
    waiting = {key: set(_required(package, unit, file)) for key, file in files.items()}
    wanted_by: dict[str, list[str]] = {key: [] for key in files}
    for key, required in waiting.items():
        for name in required:
            wanted_by[name].append(key)
    ready = [_rank(files[key]) for key, required in waiting.items() if not required]
    heapq.heapify(ready)
    ordered: list[Repeatable] = []
    while ready:
        file = files[heapq.heappop(ready)[2]]
        ordered.append(file)
        for key in wanted_by[file.key]:
            waiting[key].discard(file.key)
            if not waiting[key]:
                heapq.heappush(ready, _rank(files[key]))
    if len(ordered) < len(files):
        stuck = sorted(set(files) - {file.key for file in ordered})
        raise PackageError(f"{files[stuck[0]].path} requires itself: the cycle is among {', '.join(stuck)}")
    return ordered


def _rank(file: Repeatable) -> tuple[int, str, str]:
    return KINDS.index(file.kind), file.name, file.key


def _required(package: Package, unit: Unit, file: Repeatable) -> Iterable[str]:
    """Keys within the unit; names of the shared unit are only checked, it is applied first."""
    own = {other.key for other in unit.repeatables}
    for written in file.requires:
        kind, _, name = written.partition("/")
        other, _, rest = name.partition(".")
        if written in own:
            yield written
        elif other == unit.name and f"{kind}/{rest}" in own:
            yield f"{kind}/{rest}"
        elif not (other == "lifecycle" and _has(package, other, f"{kind}/{rest}")):
            raise PackageError(
                f"{file.path} requires {written}, which is not there",
                hint="Write functions/<name> for this unit, functions/lifecycle.<name> for the shared one.",
            )


def _has(package: Package, unit: str, key: str) -> bool:
    return unit in package.units and any(file.key == key for file in package.units[unit].repeatables)
