"""Takes over the tables of an application; what is to be done, SQL finds out (sql/adopt)."""

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..database import Connection, collect_warnings, connect, deploy_lock, one, refuse_encoding
from ..deploy.apply import Progress, Work, carry_on, remember, set_defaults, tell_waiting
from ..deploy.chosen import SHARED, Installation, make_plans, read_state
from ..deploy.results import ApplyResult, CopyChange
from ..errors import DriftError, SqlError, UsageError, translated
from ..package import Package, read_package
from ..send import PATIENCE, retried
from .plan import AdoptionPlan, AdoptionResult, NotAdoptable, Step
from .release import release

__all__ = [
    "Adoption", "AdoptionPlan", "AdoptionResult", "NotAdoptable", "adopt", "plan_adoption", "refuse_several", "release",
]  # fmt: skip

_FILES = ("shape", "again", "plan", "rows", "keys", "names", "adopt")
_BUSY = "55P03"


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

    Raises:
        UsageError: the request makes no sense, such as no tables.
    """
    with connect(conninfo) as connection, deploy_lock(connection, 60.0, tell_waiting(progress)):
        return _Work(connection, asked, progress).plan()


def refuse_several(conninfo: str, several: Sequence[Adoption]) -> None:
    """Looks at several units before the first is taken over, one after the other.

    Raises:
        UsageError: an option is about one unit, or a request makes no sense.
        NotAdoptable: something stands in the way of one of them.
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
        conninfo: libpq connection string.
        asked: what is asked for.
        confirm: called with the plan, nothing but the deploy lock being held; False calls it off.
        lock_wait: seconds to wait for another deployer.
        lock_timeout: seconds one statement waits for a lock; it is tried again for half a minute.
        progress: called before each step.

    Returns:
        The plan, and what the package made.

    Raises:
        UsageError: the request makes no sense, such as no tables.
        NotAdoptable: something stands in the way; all of it is named, and nothing was changed.
        SqlError: PostgreSQL refused something; nothing was changed.
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
        self.connection = connection
        self.asked = asked
        self.progress = progress
        self.package: Package = read_package(asked.sql_root)
        if asked.unit not in self.package.units or asked.unit == SHARED:
            raise UsageError(f"{asked.unit} cannot be adopted", hint="Name workshop, tutoring or training.")
        self.found = Installation(asked.unit, asked.schema or asked.unit)
        refuse_encoding(connection)
        state = read_state(connection)
        self.roles = state.roles(asked.roles)
        if self.found in state.registered:
            raise UsageError(f"{self.found} is installed already", hint="To take tables over beside it: --schema NAME.")
        if asked.source == self.found.schema:
            raise UsageError(
                f"the tables are in schema {asked.source} already", hint="Rename it, and adopt from that name."
            )
        self.zone = asked.instants_in or one(connection, "show timezone")
        if one(connection, "select count(*) from pg_timezone_names where lower(name) = lower(%s)", [self.zone]) != 1:
            raise UsageError(f"this server knows no time zone {self.zone}", hint="Name one with --instants-in ZONE.")
        self.maps = [_map(text) for text in asked.maps]
        self.steps = (self.package.root / "adopt" / f"{asked.unit}.sql").read_text(encoding="utf-8")
        self.tables = _listed(self.steps, "tables")

    def plan(self) -> AdoptionPlan:
        with translated(), self.connection.transaction(force_rollback=True):
            self._prepare(roles=False)
            return self._plan()

    def do(self, shown: AdoptionPlan) -> list[CopyChange]:
        with translated(), self.connection.transaction():
            self._prepare(roles=self.roles)
            self._lock()
            plan = self._plan()
            if not plan.possible:
                raise NotAdoptable(plan)
            if plan.statements != shown.statements:
                raise DriftError("the database changed since the plan was made", hint="Look at the new plan first.")
            # What waits for the end of the transaction would keep the tables from being altered.
            self.connection.execute("set constraints all immediate")
            self.connection.execute("set local row_security = off")
            target, run = self.found.schema, "select pg_temp.adopt_run(%s, %s)"
            self.connection.execute(run, [[0], target])
            self.connection.execute(run, [[1, 2], target])
            changes = carry_on(self.connection, self.package, self.found, roles=self.roles, progress=self.progress)
            self.connection.execute(run, [[3], target])
            self.connection.execute("select pg_temp.adopt_record(%s, %s)", [self.asked.source, target])
            remember(self.connection, {"roles": str(self.roles).lower()})
            return changes

    def _prepare(self, *, roles: bool) -> None:
        """Makes the tables of the unit as its migrations do."""
        if self.progress:
            self.progress(f"{self.found}: looking at schema {self.asked.source}", 0, 1)
        unit = self.package.units[self.found.unit]
        plans = make_plans(
            self.connection,
            self.package,
            read_state(self.connection),
            units=[self.found.unit],
            schemas={self.found.unit: self.found.schema},
            upto={self.found.unit: max(migration.id for migration in unit.migrations)},
            roles=roles,
            role_prefix=self.asked.role_prefix,
        )
        Work(self.connection, self.package, plans, roles, None).run()
        set_defaults(self.connection, self.found, self.asked.timezone, self.asked.currency)
        self.connection.execute("set local search_path = pg_catalog, pg_temp")

    def _plan(self) -> AdoptionPlan:
        folder = self.package.root / "adopt"
        files = [Path(file.path) for file in self.package.units[self.found.unit].repeatables]
        names = {kind: [path.stem for path in files if path.parts[0] == kind] for kind in ("functions", "views")}
        options: dict[str, Any] = {
            "source": self.asked.source,
            "target": self.found.schema,
            "instants_in": self.zone,
            "maps": self.maps,
            "replaced": list(self.asked.replaced),
            "roles": self.roles,
            "tables": self.tables,
            "derived": _listed(self.steps, "derived"),
            "steps": self.steps.replace("{timezone}", self.asked.timezone or "the server"),
            "names": names,
        }
        self.connection.execute("select set_config('sessionbook.asked', %s, true)", [json.dumps(options)])
        for name in _FILES:
            self.connection.execute((folder / f"{name}.sql").read_bytes())
        if not one(self.connection, "select count(*) from pg_temp.adopt_table where side = 'theirs'"):
            raise UsageError(f"schema {self.asked.source} has no table of {self.found.unit}")
        rows = self.connection.execute(
            "select phase, kind, what, why, you, coalesce(statement, '') from pg_temp.adopt_step order by phase, place"
        ).fetchall()
        sent = [(phase, statement) for phase, *_, statement in rows if statement]
        return AdoptionPlan(
            self.found.unit,
            self.asked.source,
            self.found.schema,
            [Step(kind, what, why, you) for _, kind, what, why, you, _ in rows if kind != "sql"],
            [[statement for phase, statement in sent if (phase == 3) is last] for last in (False, True)],
        )

    def _lock(self) -> None:
        """Locks the tables all at once: while one is waited for, the others are given back."""
        tables = one(
            self.connection,
            "select string_agg(format('%%I.%%I', n.nspname, c.relname), ', ' order by c.oid) from pg_class as c"
            " inner join pg_namespace as n on n.oid = c.relnamespace where n.nspname = %s and c.relkind in ('r', 'p')"
            " and c.relname = any(%s)",
            [self.asked.source, self.tables],
        )
        begun = time.monotonic()
        while tables:
            try:
                with translated(), self.connection.transaction():
                    self.connection.execute(f"lock table {tables} in access exclusive mode".encode())
                return
            except SqlError as error:
                if error.sqlstate != _BUSY or time.monotonic() - begun > PATIENCE:
                    raise
                time.sleep(0.3)


def _listed(steps: str, what: str) -> list[str]:
    """What the head of a unit's steps lists."""
    found = re.search(f"^-- {what}: (.*)$", steps, re.MULTILINE)
    return found[1].split(", ") if found else []


def _map(text: str) -> dict[str, str]:
    """Reads --map table.column:label=ours."""
    place, _, labels = text.partition(":")
    table, _, column = place.partition(".")
    old, _, new = labels.partition("=")
    if not (table and column and old and new):
        raise UsageError(f"--map {text}: write TABLE.COLUMN:LABEL=OURS")
    return {"table_name": table, "column_name": column, "from_value": old, "to_value": new}
