"""A fleet: many servers, each with tenants of its own."""

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..database import SECRETS, place
from ..deploy.chosen import Installation
from ..errors import ConnectError, UsageError


class Server(NamedTuple):
    """One server.

    name: what reports call it; empty: it is the only one.
    dsn: how to connect, without a password; None: as the environment says.
    tenants: installations that are to be there, besides those that are.
    canary: it goes first, and the others only if it succeeded.
    """

    name: str
    dsn: str | None
    tenants: tuple[Installation, ...] = ()
    canary: bool = False


_LONGEST_NAME = 50
_KINDS: Mapping[str, type] = {"name": str, "dsn": str, "tenants": dict, "canary": bool}


def read_fleet(file: Path) -> list[Server]:
    """Reads a fleet file, canaries first.

    Raises UsageError: it cannot be read, has what it should not have, such as a password, or a tenant twice.
    """
    try:
        said = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"the fleet file cannot be read: {error}") from None
    tables = said.pop("server", None)
    if said or not isinstance(tables, list) or not tables:
        raise UsageError(f"{file}: a fleet file holds [[server]] tables and nothing else")
    found = [_read(file, number, table) for number, table in enumerate(tables, 1)]
    for what, names in (
        ("server", [server.name for server in found]),
        ("tenant", [tenant.schema for server in found for tenant in server.tenants]),
    ):
        if twice := [name for name, times in Counter(names).items() if times > 1]:
            raise UsageError(f"{file} names {what} {twice[0]!r} twice")
    return sorted(found, key=lambda server: not server.canary)


def _read(file: Path, number: int, table: Any) -> Server:
    where = f"{file}, server {number}"
    if not isinstance(table, dict) or not {"name", "dsn"} <= table.keys() <= _KINDS.keys():
        raise UsageError(f"{where}: it has a name and a dsn, and may have tenants and canary")
    for key, value in table.items():
        if not isinstance(value, _KINDS[key]) or not (value or key == "canary" or key == "tenants"):
            raise UsageError(f"{where}: {key} is not as it should be", hint="See docs/fleet.md.")
    # The views over a fleet call a server sessionbook:NAME, in 63 bytes.
    if not table["name"].isprintable() or len(table["name"].encode()) > _LONGEST_NAME:
        raise UsageError(f"{where}: a name has {_LONGEST_NAME} bytes at most, on one line")
    tenants = table.get("tenants", {})
    if not all(isinstance(unit, str) for unit in tenants.values()):
        raise UsageError(f'{where}: tenants are written as {{ acme = "workshop" }}: schema and unit')
    try:
        parts = place(table["dsn"])
    except ConnectError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from None
    if SECRETS & parts.keys():
        raise UsageError(f"{where}: a password does not belong in a fleet file", hint="Use ~/.pgpass or a service.")
    installations = tuple(Installation(unit, schema) for schema, unit in tenants.items())
    return Server(table["name"], table["dsn"], installations, table.get("canary", False))


def globals_script(fleet: list[Server]) -> str:
    """SQL that makes views over a fleet, for a database that has the package applied."""
    said = []
    for server in fleet:
        parts = place(server.dsn or "")
        login = {"user": parts.pop("user")} if "user" in parts else {}
        tenants = {tenant.schema: tenant.unit for tenant in server.tenants}
        said.append({"name": server.name, "options": parts, "user": login, "tenants": tenants})
    # As escapes of JSON, so that no quote and no dollar can end the literal.
    text = json.dumps(said).replace("'", "\\u0027").replace("$", "\\u0024")
    return Path(__file__).with_name("globals.sql").read_text("utf-8").replace("{fleet}", text)
