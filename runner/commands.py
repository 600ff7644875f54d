"""What commands have in common: options, where they connect, how they end and how they answer."""

import functools
import inspect
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from .database import place, resolve
from .errors import HeldError, SessionbookError, Stopped, UsageError
from .fleet import Server, read_fleet
from .output import UNREAD, print_error, print_found, print_json, unread

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


def seconds(text: object) -> float:
    """Reads a duration such as 400ms, 10s, 5m or 1h; a bare number is seconds. Raises BadParameter: it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|)", str(text).strip())
    if match is None or float(match[1]) == 0:
        raise typer.BadParameter(f"{text!r} is not a duration. Write 400ms, 10s, 5m or 1h.")
    return float(match[1]) * _SECONDS[match[2]]


def _pairs(given: list[str] | None) -> list[str] | None:
    for pair in given or ():
        unit, _, name = pair.partition("=")
        if not (unit and name):
            raise typer.BadParameter(f"{pair!r}: write UNIT=NAME.")
        if sum(other.startswith(f"{unit}=") for other in given or ()) > 1:
            raise typer.BadParameter(f"it names {unit} twice. Run the command once for each installation.")
    return given


def duration(name: str, help: str) -> Any:
    """An option that takes a time."""
    return typer.Option(name, metavar="TIME", parser=seconds, help=help)


def flag(name: str, help: str) -> Any:
    """An option without a value."""
    return typer.Option(name, help=help)


def named(metavar: str, help: str) -> Any:
    """An option with a value."""
    return typer.Option(metavar=metavar, help=help)


class _Shared:
    """Options that come with several commands, by the names that the library gives them."""

    units: Annotated[list[str] | None, typer.Option("--unit", help="Only this; may be repeated.")] = None
    schemas: Annotated[
        list[str] | None,
        typer.Option("--schema", metavar="UNIT=NAME", callback=_pairs, help="The unit in this schema."),
    ] = None
    roles: Annotated[bool | None, typer.Option(help="Roles and grants to them, or none; else as before.")] = None
    role_prefix: Annotated[
        str | None, named("NAME", "Roles are NAME_app and so on; else as the schema, or sessionbook.")
    ] = None
    lock_wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for another deployer.")] = 60.0
    lock_timeout: Annotated[float, duration("--lock-timeout", "How long one try waits for a lock.")] = 0.4
    sql_root: Annotated[Path | None, typer.Option(hidden=True)] = None
    dsn: Annotated[
        list[str] | None,
        typer.Option(
            help="Where to connect; may be repeated, for one server after the other. Else DATABASE_URL, else what libpq"
            " finds (PG*, .pgpass)."
        ),
    ] = None
    fleet: Annotated[Path | None, named("FILE", "For every server of this file, canaries first.")] = None
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout; for several, one a line.")
    ] = False


_OPTIONS = {
    name: inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=getattr(_Shared, name), annotation=kind)
    for name, kind in _Shared.__annotations__.items()
}
_GROUPS = {
    "server": "dsn",
    "servers": "dsn fleet",
    "installations": "units schemas",
    "roles": "roles",
    "prefix": "role_prefix",
    "lock": "lock_wait",
    "locks": "lock_wait lock_timeout",
    "files": "sql_root",
}
_CODES = {
    0: "done, or nothing to do",
    1: "SQL error, or no connection",
    2: "wrong use",
    3: "something is pending",
    4: "an applied file was edited",
    5: "another deployer holds the lock",
    6: "a migration died outside a transaction",
}


@dataclass
class Call:
    """What a command was asked: for a server, whose name is empty if there is only one; options: of the groups."""

    conninfo: str
    json: bool
    options: dict[str, Any]
    server: str


@dataclass
class Answer:
    """What a command found: for --json; for people, who otherwise see the same, or what says that it is nothing."""

    value: dict[str, Any] = field(default_factory=dict)
    exit_code: int = 0
    show: Callable[[], object] | None = None
    nothing: str = ""


class Terminated(KeyboardInterrupt):
    """SIGTERM came. The driver cancels its statement for this kind of exception, and the transaction rolls back."""


def command(
    app: typer.Typer,
    groups: str,
    *,
    codes: str = "",
    name: str | None = None,
    endless: bool = False,
    canaries: bool = False,
) -> Callable[[Callable[..., Answer | None]], Callable[..., None]]:
    """Makes a command of a function that takes a Call and options of its own.

    app: where it belongs.
    groups: of options that it takes too, divided by blanks.
    codes: exit codes besides 0, 1 and 2; `4: in words` says one otherwise; divided by semicolons.
    name: else that of the function.
    endless: may run until it is stopped, which then is no failure; with --every for one server only.
    canaries: has the other servers of a fleet wait for them.
    """
    shared = [one for group in groups.split() for one in _GROUPS[group].split()]
    said = {int(code): words.strip() for code, _, words in (one.partition(":") for one in codes.split(";") if one)}
    meant = {code: said.get(code) or words for code, words in _CODES.items() if code < 3 or code in said}
    exits = f"Exit codes: {'; '.join(f'{code} {words}' for code, words in meant.items())}."

    def register(function: Callable[..., Answer | None]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(**values: Any) -> None:
            json_output = values.pop("json_output")
            options = {name: values.pop(name) for name in shared}
            if "schemas" in options:
                options["schemas"] = dict(pair.split("=", 1) for pair in options["schemas"] or ())
            servers = _servers(options.pop("dsn", None), options.pop("fleet", None), json_output)
            if len(servers) > 1 and endless and values["every"] is not None:
                raise typer.BadParameter("one server at a time", param_hint="--dsn")
            codes, failed = [], ""
            for server in servers:
                call = Call("", json_output, options, server.name)
                if server.tenants and "schemas" in options:
                    call.options = {**options, "tenants": server.tenants}
                work = functools.partial(function, call, **values)
                codes.append(_done(call, server.dsn, work, endless, "" if server.canary else failed))
                if canaries and server.canary and codes[-1]:
                    failed = server.name
            # What is pending is less of a matter than what failed.
            raise typer.Exit(max(codes, key=lambda code: (code not in (0, 3), code)))

        _, *own = inspect.signature(function).parameters.values()
        own = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
        everything = [*(_OPTIONS[name] for name in shared), *own, _OPTIONS["json_output"]]
        run.__signature__ = inspect.Signature(everything)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in everything}
        return app.command(name, help=f"{inspect.getdoc(function)}\n\n{exits}")(run)

    return register


def _done(call: Call, dsn: str | None, work: Callable[[], Answer | None], ends_well: bool, failed: str) -> int:
    """Does the work for one server unless a canary failed; turns failures into messages; returns the exit code."""
    try:
        if failed:
            raise HeldError(f"not begun, because canary {failed} failed")
        if dsn is not None and not dsn.strip():
            raise UsageError("--dsn is empty", hint="Leave it out to connect by DATABASE_URL or PG* variables.")
        call.conninfo = resolve(dsn)
        if call.server and not call.json:
            print(f"{call.server}:", flush=True)
        with _sigterm_raises():
            answer = work() or Answer()
            if call.json and answer.value:
                print_json({"server": call.server, **answer.value} if call.server else answer.value)
            elif not call.json:
                (answer.show or functools.partial(print_found, answer.value, answer.nothing))()
            return answer.exit_code
    except BrokenPipeError:
        unread()
        raise typer.Exit(UNREAD) from None
    except (SessionbookError, OSError) as error:
        failure = error if isinstance(error, SessionbookError) else SessionbookError(str(error))
    except KeyboardInterrupt as interrupt:
        failure = Stopped(isinstance(interrupt, Terminated))
        if not ends_well:
            print_error(failure, json_output=call.json)
        raise typer.Exit(0 if ends_well else failure.exit_code) from None
    print_error(failure, json_output=call.json, server=call.server)
    return failure.exit_code


def _servers(dsns: list[str] | None, fleet: Path | None, json_output: bool) -> list[Server]:
    """What a command is about; ends by Exit if the fleet file cannot be used."""
    if fleet is None:
        several = len(dsns or ()) > 1
        return [Server(_server(dsn) if several else "", dsn) for dsn in dsns or (None,)]
    if dsns:
        raise typer.BadParameter("either --dsn or --fleet", param_hint="--fleet")
    try:
        return read_fleet(fleet)
    except UsageError as error:
        print_error(error, json_output=json_output)
        raise typer.Exit(error.exit_code) from None


def _server(dsn: str | None) -> str:
    """What a server is called among others."""
    try:
        parts = place(resolve(dsn))
    except SessionbookError:
        return "a server that --dsn does not name well"
    where = str(parts.get("host") or parts.get("service") or "local")
    return f"{where}{':' + str(parts['port']) if 'port' in parts else ''}/{parts.get('dbname', '')}"


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    def handler(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def agreed(call: Call, show_plan: Callable[[], None], question: str) -> bool:
    """Shows what is about to happen, on stderr, and asks; without a terminal the answer is no."""
    show_plan()
    if call.json or not sys.stdin.isatty():
        print("sessionbook: nothing was done; add --yes to go ahead", file=sys.stderr)
        return False
    try:
        return typer.confirm(question, err=True)
    except typer.Abort as ended:
        # Ctrl-C and the end of the input in one; only the latter is an answer.
        if isinstance(ended.__context__, KeyboardInterrupt):
            raise ended.__context__ from None
        return False


def run(app: typer.Typer, arguments: list[str]) -> None:
    """Runs the command line; ends by SystemExit."""
    try:
        try:
            if "--json" not in arguments:
                app(arguments, prog_name="sessionbook")
            raise SystemExit(app(arguments, prog_name="sessionbook", standalone_mode=False))
        except Exception as error:
            # A command line that cannot be read never comes to a command; its error is click's, or of typer's own copy.
            if (said := getattr(error, "format_message", None)) is None:
                raise
            print_error(UsageError(said()), json_output=True)
            raise SystemExit(UsageError.exit_code) from None
        finally:
            # Not by the interpreter in the end, which would tell what went wrong with it.
            sys.stdout.flush()
    except BrokenPipeError:
        unread()
        raise SystemExit(UNREAD) from None
