"""Looks at a database and says what adopting it takes. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..database import Connection
from ..deploy.chosen import SHARED, Installation, choose, make_plans, read_state
from ..errors import DirtyError, DriftError, UsageError
from ..package import Migration, Package
from .completing import Completion, complete
from .history import History, Signature, read_objects
from .paths import Paths, find_paths
from .plan import AdoptionPlan
from .quoting import quote
from .refusals import refuse_relations, refuse_target, refuse_triggers
from .replacing import Replacement, find_replaced
from .rules import Rule, later_rules
from .shape import Shape, read_shape
from .standing import Standing, find_standing
from .surroundings import (
    guests,
    hiding,
    owned_sequences,
    published,
    refuse_members,
    role_name,
    secured,
    unprovided,
    writers,
)


@dataclass
class Survey:
    """What was found, and what is to be done about it.

    Attributes:
        plan: for people.
        live: tables as they are.
        standing: where in the history.
        completion: what they lack.
        replacement: what gives way.
        paths: search_paths that change.
        rules: that rows have to keep.
        moving: statements that bring tables and what they stand on into their schema.
        finishing: statements that let people in, and have names lead there.
    """

    plan: AdoptionPlan
    live: Shape
    standing: Standing
    completion: Completion
    replacement: Replacement
    paths: Paths
    rules: list[Rule]
    moving: list[str] = field(default_factory=list)
    finishing: list[str] = field(default_factory=list)


def refuse_request(connection: Connection, package: Package, copy: Installation, source: str) -> None:
    """Raises UsageError where the request makes no sense, whatever is in the tables."""
    if copy.unit == SHARED:
        raise UsageError(f"{SHARED} is not adopted: it has nothing that an application begins with")
    state = read_state(connection)
    choose(package, state.chosen, [copy.unit], {copy.unit: copy.schema})
    for due in make_plans(connection, package, state, units=[SHARED] if SHARED in package.units else None):
        if due.unfinished:
            raise DirtyError(f"{due.unfinished[0]} began outside a transaction and did not finish")
        if due.drift:
            raise DriftError(due.drift[0], hint="Deploy the version that was applied.")
    registered = state.registered
    if copy in registered:
        raise UsageError(f"{copy} is installed already", hint="To take tables over beside it: --schema NAME.")
    for other in registered:
        if other.schema in (copy.schema, source):
            raise UsageError(f"schema {other.schema} holds {other.unit}")
    if source == copy.schema:
        raise UsageError(
            f"the tables are in schema {source} already",
            hint="Where they lack nothing: sessionbook baseline. Else rename the schema and adopt from that name.",
        )
    if connection.execute("select from pg_namespace as n where n.nspname = %s", [source]).fetchone() is None:
        raise UsageError(f"there is no schema {source}")


def look(
    connection: Connection, package: Package, history: History, copy: Installation, source: str, *, roles: bool
) -> Survey:
    """Says what adopting takes.

    Args:
        connection: with a search_path of pg_catalog alone, and that again afterwards.
        package: the files.
        history: of the unit.
        copy: what the tables are to become.
        source: schema that they are in.
        roles: False: without roles of ours.

    Returns:
        What was found; rows are not looked at.

    Raises:
        UsageError: there is no table of the unit.
    """
    live = read_shape(connection, source)
    standing = find_standing(history, live)
    moved = [table for table in live.tables if table in standing.expected.tables]
    unusual = refuse_relations(connection, source, standing.expected.tables)
    if not moved and not unusual:
        raise UsageError(f"schema {source} has no table of {copy.unit}")
    completion = complete(history, standing, live)
    made = history.routines[standing.place]
    theirs = read_objects(connection, source)
    replacement = find_replaced(connection, source, copy.schema, moved, theirs, history.objects, made)
    types = [name for name in live.types if name in standing.expected.types]
    names = {*moved, *types, *replacement.names, *owned_sequences(connection, source, moved)}
    spared = {routine.oid for one, routine in theirs.routines.items() if one in history.objects.routines}
    paths = find_paths(connection, source, copy.schema, moved, names, spared)
    pending = history.migrations[standing.place + 1 :]
    plan = AdoptionPlan(
        copy.unit,
        source,
        copy.schema,
        history.migrations[standing.place].id,
        marked=[migration.id for migration in history.migrations[: standing.place + 1]],
        pending=[migration.id for migration in pending],
        moved=moved,
        created=completion.created,
        completed=completion.completed,
        renamed=completion.renamed,
        replaced=[*replacement.replaced, *completion.replaced],
        paths=paths.changes,
        guests=guests(connection, source, moved),
    )
    writing = writers(connection, source, moved)
    plan.members = [role for role in writing if role != "public"] if roles else []
    plan.blockers = [
        *unusual,
        *refuse_target(connection, copy.schema),
        *refuse_triggers(connection, source, moved, history.objects.triggers, replacement.doomed),
        *refuse_members(connection, plan.members),
        *standing.blockers,
        *completion.blockers,
        *replacement.blockers,
        *paths.blockers,
        *(
            f"{migration.path} runs outside a transaction, and adopting is one"
            for unit in dict.fromkeys((SHARED, copy.unit))
            if unit in package.units
            for migration in package.units[unit].migrations
            if not migration.transactional and (unit == SHARED or migration in pending)
        ),
    ]
    plan.notes = [
        *_repairs(pending, live),
        *hiding(connection, source, {*history.tables(), *history.objects.views}, {*moved, *replacement.names}),
        *completion.notes,
        *replacement.notes,
        *unprovided(writing, roles),
        *published(connection, source, moved),
        *secured(connection, source, moved),
        *paths.notes,
    ]
    survey = Survey(plan, live, standing, completion, replacement, paths, [])
    survey.rules = [*completion.rules, *later_rules(history, standing, live)]
    survey.moving = [
        *(f"alter table {quote(source)}.{quote(table)} set schema {quote(copy.schema)}" for table in moved),
        *(f"alter type {quote(source)}.{quote(name)} set schema {quote(copy.schema)}" for name in types),
        *_routines(source, copy.schema, made, replacement),
        *paths.functions,
    ]
    survey.finishing = [
        *(f"grant usage on schema {quote(copy.schema)} to {role_name(role)}" for role in plan.guests),
        *(f"grant sessionbook_app to {role_name(role)}" for role in plan.members),
        *paths.settings,
    ]
    plan.statements = [
        *(f"drop {found.full}" for found in replacement.doomed.values()),
        *survey.moving,
        *completion.statements,
        *survey.finishing,
    ]
    return survey


def _repairs(pending: Sequence[Migration], live: Shape) -> list[str]:
    """What the migrations to come set in rows that are there."""
    return [
        f"{migration.id} sets {quote(table)}.{quote(column)}{'' if condition == 'true' else f' where {condition}'}"
        for migration in pending
        for table, column, condition in migration.repairs
        if (table, column) in live.columns
    ]


def _routines(source: str, target: str, made: Mapping[Signature, str], replacement: Replacement) -> list[str]:
    """Functions of migrations: theirs move with what stands on them, and say what ours says."""
    statements: list[str] = []
    for (name, arguments), definition in made.items():
        if (name, arguments) in replacement.moving:
            theirs = f"{quote(source)}.{quote(name)}({arguments})"
            statements.append(f"alter routine {theirs} set schema {quote(target)}")
        statements.append(definition)
    return statements
