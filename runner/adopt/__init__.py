"""Takes over the tables of an application; what is to be done, SQL finds out (sql/adopt)."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..database import Connection, collect_warnings, connect, deploy_lock, one, refuse_encoding
from ..deploy.apply import Progress, carry_on, remember, set_defaults, tell_waiting
from ..deploy.chosen import SHARED, Installation, read_state
from ..deploy.results import ApplyResult, CopyChange
from ..errors import DriftError, UsageError, translated
from ..package import SqlFile, read_package
from ..send import retried
from .plan import AdoptionPlan, AdoptionResult, NotAdoptable, find_steps
from .release import release

__all__ = ["AdoptionPlan", "AdoptionResult", "NotAdoptable", "release"]


@dataclass
class Adoption:
    """What is asked for.

    Attributes:
        unit: what the tables are of.
        source: schema that they are in.
        schema: schema that they are to go to; None: the unit's own.
        roles: False: without roles of ours; None: as chosen before, at first with roles.
        role_prefix: what the names of roles begin with; None: as the schema, or sessionbook.
        instants_in: zone of instants that are stored without one; None: that of the connection.
        timezone: of workshop sessions that name none; None: the server's.
        currency: of workshops and orders that name none; None: none.
        maps: labels that become ours, each as table.column:label=ours.
        replaced: views of the application that are to read ours of their name.
        sql_root: folder of the SQL files; by default the package's own.
    """

    unit: str
    source: str
    schema: str | None = None
    roles: bool | None = None
    role_prefix: str | None = None
    instants_in: str | None = None
    timezone: str | None = None
    currency: str | None = None
    maps: Sequence[str] = ()
    replaced: Sequence[str] = ()
    sql_root: Path | None = None


def plan_adoption(conninfo: str, asked: Adoption, *, progress: Progress | None = None) -> AdoptionPlan:
    """Says what adopting would do, and everything in its way. What it makes to find out, it rolls back.

    Raises UsageError: the request makes no sense, such as no tables.
    """
    with connect(conninfo) as connection, deploy_lock(connection, 60.0, tell_waiting(progress)):
        return _Work(connection, asked, progress).plan()


def refuse_several(conninfo: str, several: Sequence[Adoption]) -> None:
    """Looks at several units before the first is taken over, one after the other.

    Raises UsageError: an option is about one unit, or a request makes no sense; NotAdoptable: something is in the way.
    """
    if any(asked.schema or asked.maps or asked.replaced for asked in several):
        raise UsageError("--schema, --map and --replace are about one unit", hint="Adopt one unit after the other.")
    plans = [plan_adoption(conninfo, asked) for asked in several]
    if stopped := [plan for plan in plans if not plan.possible]:
        raise NotAdoptable(*stopped)


def adopt(
    conninfo: str,
    asked: Adoption,
    *,
    confirm: Callable[[AdoptionPlan], bool] | None = None,
    lock_wait: float = 60.0,
    lock_timeout: float = 0.4,
    progress: Progress | None = None,
) -> AdoptionResult:
    """Takes tables over, in one transaction.

    Args:
        confirm: called with the plan, nothing but the deploy lock being held; False calls it off.
        lock_wait: seconds to wait for another deployer.
        lock_timeout: seconds one statement waits for a lock; it is tried again for half a minute.
        progress: called before each step.

    Returns the plan, and what the package made.

    Raises UsageError: the request makes no sense, such as no tables; NotAdoptable: something is in the way, and all of
    it is named; SqlError: PostgreSQL refused something. Nothing was changed then.
    """
    with (
        connect(conninfo, lock_timeout=lock_timeout) as connection,
        deploy_lock(connection, lock_wait, tell_waiting(progress)),
    ):
        work = _Work(connection, asked, progress)
        plan = work.plan()
        if not plan.possible:
            raise NotAdoptable(plan)
        if confirm is not None and not confirm(plan):
            return AdoptionResult(plan)
        warnings = collect_warnings(connection)
        return AdoptionResult(plan, ApplyResult(retried(connection, lambda: work.do(plan)), warnings=warnings))


class _Work:
    """What plan and deed have in common."""

    def __init__(self, connection: Connection, asked: Adoption, progress: Progress | None) -> None:
        self.connection, self.asked, self.progress = connection, asked, progress
        self.package = read_package(asked.sql_root)
        if asked.unit not in self.package.units or asked.unit == SHARED:
            raise UsageError(f"{asked.unit} cannot be adopted", hint="Name workshop, tutoring or training.")
        self.found = Installation(asked.unit, asked.schema or asked.unit)
        refuse_encoding(connection)
        state = read_state(connection)
        self.roles = state.roles(asked.roles)
        if self.found in state.registered:
            raise UsageError(f"{self.found} is installed already", hint="To take tables over beside it: --schema NAME.")
        self.zone = asked.instants_in or one(connection, "show timezone")
        if one(connection, "select count(*) from pg_timezone_names where lower(name) = lower(%s)", [self.zone]) != 1:
            raise UsageError(f"this server knows no time zone {self.zone}", hint="Name one with --instants-in ZONE.")

    def plan(self) -> AdoptionPlan:
        with translated(), self.connection.transaction(force_rollback=True):
            self._prepare(roles=False)
            return self._plan()

    def do(self, shown: AdoptionPlan) -> list[CopyChange]:
        with translated(), self.connection.transaction():
            self._prepare(roles=self.roles)
            # The package is ready by now, so that they are kept from others for no longer than it takes to fill it.
            self._run(shown.statements(0))
            plan = self._plan()
            if plan.statements() != shown.statements() or not plan.possible:
                raise DriftError("the database changed since the plan was made", hint="Look at the new plan first.")
            self._run(plan.statements(1, 2))
            changes = carry_on(self.connection, self.package, self.found, self.progress, roles=self.roles)
            # They would take rows that are brought in for events.
            triggers = self.connection.execute("select stops, wakes from adopt_trigger").fetchall()
            self._run([*(stops for stops, _ in triggers), *plan.statements(3, 4), *(wakes for _, wakes in triggers)])
            self.connection.execute("select set_config('sessionbook.undo', %s::text[]::text, true)", [plan.undo()])
            self.connection.execute(self._file("record").text.encode())
            remember(self.connection, {"roles": str(self.roles).lower()})
            return changes

    def _prepare(self, *, roles: bool) -> None:
        """Makes the tables of the unit as its migrations do."""
        if self.progress:
            self.progress(f"{self.found}: looking at schema {self.asked.source}", 0, 1)
        upto = {self.found.unit: max(migration.id for migration in self.package.units[self.found.unit].migrations)}
        prefix = self.asked.role_prefix
        carry_on(self.connection, self.package, self.found, None, roles=roles, upto=upto, role_prefix=prefix)
        set_defaults(self.connection, self.found, self.asked.timezone, self.asked.currency)

    def _plan(self) -> AdoptionPlan:
        unit = self._file(self.found.unit)
        files = self.package.units[self.found.unit].repeatables
        asked = {
            "source": self.asked.source,
            "target": self.found.schema,
            "zone": self.zone,
            "timezone": self.asked.timezone or "the server",
            "maps": list(self.asked.maps),
            "replaced": [f"views/{name}" for name in self.asked.replaced],
            "roles": self.roles,
            "files": [file.key for file in files if file.kind in ("functions", "views")],
            **{key: ", ".join(unit.said(key)).split(", ") for key in ("tables", "derived")},
        }
        self.connection.execute("select set_config('sessionbook.asked', %s, true)", [json.dumps(asked)])
        self.connection.execute((self._file("aside").text + self._file("shape").text).encode())
        if not one(self.connection, "select count(*) from adopt_table where taken"):
            raise UsageError(f"schema {self.asked.source} has no table of {self.found.unit}")
        steps = find_steps(self.connection, self.package, self._file("rules").text + unit.text)
        return AdoptionPlan(self.found.unit, self.asked.source, self.found.schema, steps)

    def _file(self, name: str) -> SqlFile:
        path = f"adopt/{name}.sql"
        return SqlFile(path, (self.package.root / path).read_text(encoding="utf-8"), "")

    def _run(self, statements: Iterable[str]) -> None:
        """Runs statements that find tables in our schema."""
        self.connection.execute("select sessionbook.run(%s, 'adopt', %s)", [self.found.schema, ";\n".join(statements)])
