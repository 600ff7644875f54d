"""Takes tables over, in one transaction."""

from ..database import Connection, one
from ..deploy.apply import Progress, carry_on
from ..deploy.chosen import Installation
from ..deploy.results import CopyChange
from ..errors import DriftError, translated
from ..package import Package
from . import catalog
from .catalog import bare_path, use_schema
from .history import History
from .plan import AdoptionPlan, NotAdoptable
from .quoting import literal, quote
from .survey import Survey, look


def take_over(
    connection: Connection,
    package: Package,
    history: History,
    copy: Installation,
    shown: AdoptionPlan,
    *,
    roles: bool,
    progress: Progress | None,
) -> list[CopyChange]:
    """Does what a plan says, all of it or nothing.

    Args:
        connection: with the deploy lock, outside a transaction.
        package: the files.
        history: of the unit.
        copy: what the tables are to become.
        shown: the plan that was agreed to.
        roles: False: without roles of ours.
        progress: called before each step.

    Returns:
        What the migrations and files afterwards changed.

    Raises:
        NotAdoptable: something came in the way since.
        DriftError: the tables are not those of the plan any more, or would not be what the package makes.
        SqlError: a row, a lock or a right stood in the way.
    """
    with translated(), connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        # Before anything is read: rows that are written until the last table is locked are seen.
        tables = ", ".join(f"{quote(shown.source)}.{quote(table)}" for table in sorted(shown.moved))
        connection.execute(f"lock table {tables} in access exclusive mode".encode())
        # What waits for the end of the transaction would keep the tables from being altered.
        connection.execute("set constraints all immediate")
        connection.execute("set local row_security = off")
        bare_path(connection)
        survey = look(connection, package, history, copy, shown.source, roles=roles)
        if not survey.plan.possible:
            raise NotAdoptable(survey.plan)
        if survey.plan.statements != shown.statements:
            raise DriftError("the database changed since the plan was made", hint="Look at the new plan first.")
        return _TakeOver(connection, package, history, copy, survey, roles=roles, progress=progress).run()


class _TakeOver:
    """The work inside the transaction."""

    def __init__(
        self,
        connection: Connection,
        package: Package,
        history: History,
        copy: Installation,
        survey: Survey,
        *,
        roles: bool,
        progress: Progress | None,
    ) -> None:
        self.connection = connection
        self.package = package
        self.history = history
        self.copy = copy
        self.survey = survey
        self.roles = roles
        self.progress = progress

    def run(self) -> list[CopyChange]:
        if self.progress:
            self.progress(f"{self.copy}: taking over {len(self.survey.plan.moved)} tables", 0, 1)
        bare_path(self.connection)
        self.connection.execute(self.package.engine().encode())
        if one(self.connection, "select to_regnamespace(quote_ident(%s)) is null", [self.copy.schema]):
            self.connection.execute(f"create schema {quote(self.copy.schema)}".encode())
        catalog.drop_all(self.connection, self.survey.replacement.doomed)
        asleep = self._put_to_sleep()
        use_schema(self.connection, self.copy.schema)
        for statement in [*self.survey.moving, *self.survey.completion.statements]:
            self.connection.execute(statement.encode())
        if self.survey.standing.expected.comment is not None:
            comment = literal(self.survey.standing.expected.comment)
            self.connection.execute(f"comment on schema {quote(self.copy.schema)} is {comment}".encode())
        self._mark()
        changes = carry_on(self.connection, self.package, self.copy, roles=self.roles, progress=self.progress)
        use_schema(self.connection, self.copy.schema)
        present = catalog.snapshot(self.connection, self.copy.schema)
        catalog.grant_again(self.connection, self.survey.replacement.grants, present)
        bare_path(self.connection)
        for statement in [*asleep, *self.survey.finishing]:
            self.connection.execute(statement.encode())
        self._record()
        return changes

    def _put_to_sleep(self) -> list[str]:
        """Disables triggers of theirs, which expect an application's search_path and events; how they wake up again."""
        rows = self.connection.execute(
            """
            select t.tgname, c.relname, case t.tgenabled when 'R' then 'replica ' when 'A' then 'always ' else '' end
            from pg_trigger as t
            inner join pg_class as c on c.oid = t.tgrelid
            inner join pg_namespace as n on n.oid = c.relnamespace
            where n.nspname = %s and c.relname = any(%s) and not t.tgisinternal and t.tgenabled <> 'D'
            """,
            [self.survey.plan.source, self.survey.plan.moved],
        ).fetchall()
        source, target = quote(self.survey.plan.source), quote(self.copy.schema)
        for name, table, _ in rows:
            self.connection.execute(f"alter table {source}.{quote(table)} disable trigger {quote(name)}".encode())
        return [f"alter table {target}.{quote(table)} enable {how}trigger {quote(name)}" for name, table, how in rows]

    def _mark(self) -> None:
        bare_path(self.connection)
        for migration in self.history.migrations[: self.survey.standing.place + 1]:
            values = [self.copy.schema, self.copy.unit, migration.id, migration.sha256]
            self.connection.execute("select sessionbook.mark(%s, %s, %s, %s, 'mark')", values)
        self._enter(self.history.names)

    def _record(self) -> None:
        """Enters what stands in the end, and sees to it that this is all that the package makes."""
        bare_path(self.connection)
        rows = self.connection.execute("select identity from sessionbook.items(%s)", [self.copy.schema])
        live = {name for (name,) in rows}
        if missing := sorted(self.history.names - live):
            raise DriftError(
                f"{self.copy} would lack what the package makes",
                detail="\n".join(missing),
                hint="Nothing was changed. Bring these tables in line by hand first.",
            )
        ours = ("schema", "grant to public ", "grant to sessionbook_", "owner of ")
        self._enter({name for name in live if name in self.history.names or name.startswith(ours)})

    def _enter(self, names: set[str]) -> None:
        self.connection.execute(
            "select sessionbook.record(s.name, sessionbook.look(s.name), %s) from (values (%s)) as s (name)",
            [list(names), self.copy.schema],
        )
