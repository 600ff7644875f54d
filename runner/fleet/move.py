"""Takes an installation to another server, in steps recorded on both: each can be gone on with, or taken back."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import make_conninfo

from ..database import SECRETS, Connection, Found, connect, conninfo_of, deploy_lock, one, place, resolve, rows
from ..deploy import apply, status
from ..deploy.chosen import SHARED, Installation, read_state
from ..deploy.verify import verify
from ..errors import ConnectError, DriftError, UsageError
from ..send import call

# Measured on two cores that had five times the work that they can do: what a second copies of tables with indexes, and
# how long functions, views and triggers take.
_BYTES_A_SECOND = 4_000_000
_FILES_SECONDS = 8
_HERE = "select concat(system_identifier, '/', current_database()) from pg_control_system()"

Say = Callable[[str], None]
"""Called with what is about to be done."""


def plan(conninfo: str, schema: str, to: str, *, sql_root: Path | None = None) -> Found:
    """Says what a move would do. Writes nothing.

    Returns schema, unit, target, step (how far a move is that was begun, or None), bytes, seconds (for which bookings
    are likely to be refused) and stays (what is not Sessionbook's, and does not go along).

    Raises SessionbookError: it cannot move.
    """
    with connect(conninfo, read_only=True) as source, connect(resolve(to), read_only=True) as target:
        unit, stays = _ready(source, target, schema, sql_root)
        trip = _trip(source, schema)
        size = sum(each.bytes for each in _cargo(source, schema))
        return Found(schema=schema, unit=unit, target=_where(target), step=trip and trip.step, bytes=size,
                     seconds=_FILES_SECONDS + round(size / _BYTES_A_SECOND), stays=stays)  # fmt: skip


def move(
    conninfo: str,
    schema: str,
    to: str | None,
    *,
    sql_root: Path | None = None,
    lock_wait: float = 60.0,
    say: Say = lambda step: None,
) -> Found:
    """Moves an installation, or goes on with a move.

    to: where; None: where a move was begun to.
    say: called before each step.

    Returns schema, unit, target and seconds (for which bookings were refused just now).

    Raises SessionbookError: it cannot move, or somebody goes on writing; what was done stays done.
    """
    with connect(conninfo, lock_timeout=0.4) as source, deploy_lock(source, lock_wait):
        goal = resolve(to) if to is not None else _begun(source, schema).dsn
        with _reach(goal, to) as target:
            if one(source, _HERE) == one(target, _HERE):
                raise UsageError(f"schema {schema} is in {_where(target)}", hint="Name another server or database.")
            gone = (_trip(source, schema) or Found(step="")).step == "moved"
            if not gone:
                say("comparing")
                _ready(source, target, schema, sql_root)
            depart = "select * from sessionbook.depart(%s, %s, %s)"
            (trip,) = rows(source, depart, [schema, _where(target), _public(goal)])
            begun = time.monotonic()
            if not gone:
                arrived = _expect(goal, source, target, trip, sql_root, say)
                say("closing")
                call(source, "select sessionbook.step(%s, 'closed')", [trip.id])
                begun = time.monotonic()
                if arrived == "begun":
                    say("copying")
                    _copy(source, target, trip)
                say("applying functions, views and triggers")
                apply(goal, units=[trip.unit], schemas={trip.unit: schema}, sql_root=sql_root, lock_wait=lock_wait)
                if audit := one(source, "select to_regclass(format('%%I.seat_audit', %s::text))::text", [schema]):
                    _compare(source, target, audit)
                say("leaving")
                call(source, "select sessionbook.step(%s, 'moved')", [trip.id])
            say("opening")
            enabled = one(source, "select enabled from sessionbook.moves where id = %s", [trip.id])
            call(target, "select sessionbook.step(%s, 'moved', %s)", [trip.id, enabled])
            seconds = round(time.monotonic() - begun, 1)
            return Found(schema=schema, unit=trip.unit, target=trip.place, seconds=seconds)


def take_back(conninfo: str, schema: str, to: str | None = None, *, lock_wait: float = 60.0) -> Found:
    """Takes a move back that did not come to its end; the installation works on as before.

    Returns schema, and warnings: what is left on a server that cannot be reached.

    Raises UsageError: there is no such move, or it came to its end.
    """
    warnings = []
    with connect(conninfo, lock_timeout=0.4) as source, deploy_lock(source, lock_wait):
        trip = _begun(source, schema)
        if trip.step == "moved":
            raise UsageError(f"schema {schema} has moved to {trip.place}", hint="From there it can move back.")
        try:
            with _reach(resolve(to) if to is not None else trip.dsn, to) as target:
                if _where(target) != trip.place:
                    raise UsageError(f"schema {schema} moves to {trip.place}, not to {_where(target)}")
                if one(target, "select to_regclass('sessionbook.moves') is not null"):
                    call(target, "select sessionbook.abandon(%s, %s)", [schema, trip.id])
        except ConnectError as error:
            warnings.append(
                f"{trip.place} cannot be reached, so what was copied is still there: {error.message}. The next move"
                f" to it clears that up; else do it there: drop schema {schema} cascade, sessionbook forget {schema}"
            )
        call(source, "select sessionbook.stay(%s)", [schema])
    return Found(schema=schema, warnings=warnings)


@contextmanager
def _reach(goal: str, to: str | None) -> Iterator[Connection]:
    """Connects to where a move goes; says how, if the address is the one that was remembered."""
    try:
        with connect(goal, lock_timeout=0.4) as target:
            yield target
    except ConnectError as error:
        if to is None:
            error.hint = error.hint or "Its address is kept without a password: name it with --to, or set PGPASSWORD."
        raise


def _trip(source: Connection, schema: str) -> Found | None:
    query = "select * from sessionbook.moves where schema_name = %s and direction = 'out'"
    return next(iter(rows(source, query, [schema])), None) if read_state(source).settings else None


def _begun(source: Connection, schema: str) -> Found:
    if trip := _trip(source, schema):
        return trip
    raise UsageError(f"schema {schema} does not move", hint="Name the other server with --to.")


def _expect(goal: str, source: Connection, target: Connection, trip: Found, sql_root: Path | None, say: Say) -> str:
    """Makes tables on the other server, without functions and triggers; says how far the installation is there."""
    unit, schema, state = trip.unit, trip.schema_name, read_state(source)
    found = Installation(unit, schema)
    roles = None if "roles" in read_state(target).settings else state.roles(None)
    # Two servers that move to each other would wait for each other.
    apply(goal, units=[SHARED], roles=roles, sql_root=sql_root, lock_wait=0)
    arrived = one(target, "select sessionbook.receive(%s, %s, %s, %s)", [schema, unit, trip.id, _where(source)])
    if arrived == "begun":
        say("making tables")
        apply(goal, units=[unit], schemas={unit: schema}, role_prefix=state.prefixes[found],
              upto={unit: state.registered[found]}, sql_root=sql_root)  # fmt: skip
    keys = ("name", "columns", "kinds")
    here, come = ([[each[key] for key in keys] for each in _cargo(side, schema)] for side in (source, target))
    if here != come:
        differ = [row for row in here if row not in come] + [row for row in come if row not in here]
        raise DriftError(
            f"the tables of schema {schema} are not as the package makes them",
            detail="\n".join(f"{name}: {columns}" for name, columns, _ in differ),
        )
    return str(arrived)


def _ready(source: Connection, target: Connection, schema: str, sql_root: Path | None) -> tuple[str, list[str]]:
    """Refuses what cannot move, and servers that are not as the package; says the unit, and what is not ours."""
    here, there = read_state(source), read_state(target)
    unit = next((found.unit for found in here.registered if found.schema == schema), SHARED)
    if unit == SHARED:
        raise UsageError(f"there is no installation in schema {schema} that can move", hint="See: sessionbook status")
    if one(source, "select count(*) from sessionbook.adoptions where schema_name = %s", [schema]):
        raise UsageError(f"the tables in schema {schema} are an application's", hint="Move its database as a whole.")
    if "true" in (here.settings.get("citus"), there.settings.get("citus")):
        raise UsageError("what Citus distributes cannot move")
    found = verify(conninfo_of(source), units=[unit], schemas={unit: schema}, sql_root=sql_root)
    if found.exit_code:
        raise DriftError(f"schema {schema} is not as this package", hint="See: sessionbook verify")
    copies = status(conninfo_of(target), sql_root=sql_root).copies if there.registered else []
    if any(copy.state != "up to date" for copy in copies if copy.schema != schema):
        raise DriftError(f"{_where(target)} is not as this package", hint="Apply there first.")
    added = "select identity from sessionbook.objects where schema_name = %s and identity ^@ 'policy '"
    policies = [policy.identity for policy in rows(source, added, [schema])]
    notes = [note for copy in found.copies if copy.schema == schema for note in copy.notes if "aaa_moved" not in note]
    return unit, notes + policies


def _copy(source: Connection, target: Connection, trip: Found) -> None:
    """Copies all rows, in one transaction that ends with the other side closed as well."""
    # An error rather than rows that a policy hides.
    settings = (
        b"set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;"
        b" set local row_security = off"
    )
    with source.transaction(), target.transaction():
        source.execute(b"set transaction isolation level repeatable read")
        source.execute(settings)
        target.execute(settings)
        cargo = _cargo(source, trip.schema_name)
        target.execute(f"truncate {', '.join(each.name for each in cargo if not each.is_sequence)}".encode())
        for each in cargo:
            if each.is_sequence:
                last = source.execute(f"select last_value, is_called from {each.name}".encode()).fetchone()  # noqa: S608
                target.execute("select setval(%s, %s, %s)", [each.name, *(last or ())])
                continue
            with (
                source.cursor().copy(f"copy {each.name} ({each.columns}) to stdout".encode()) as rows_out,
                target.cursor().copy(f"copy {each.name} ({each.columns}) from stdin".encode()) as rows_in,
            ):
                for data in rows_out:
                    rows_in.write(data)
            _compare(source, target, each.name)
        target.execute("select sessionbook.step(%s, 'copied')", [trip.id])


def _compare(source: Connection, target: Connection, name: str) -> None:
    here, there = (one(side, f"select count(*) from {name}") for side in (source, target))  # noqa: S608
    if here != there:
        raise DriftError(f"{name} has {here} rows here and {there} there", hint="Take it back, and look why: --back")


def _cargo(connection: Connection, schema: str) -> list[Found]:
    return rows(connection, "select * from sessionbook.cargo(%s)", [schema])


def _where(connection: Connection) -> str:
    """A server and database, as people name it."""
    return f"{connection.info.host}:{connection.info.port}/{connection.info.dbname}"


def _public(conninfo: str) -> str:
    """A connection string without what is secret."""
    return make_conninfo("", **{part: value for part, value in place(conninfo).items() if part not in SECRETS})
