"""The search_paths that an application finds its tables by, and texts that name their schema."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from ..connection import Connection
from ..execution import quote
from .plan import PathChange


@dataclass
class Paths:
    """What has to be changed for names to lead to where the tables went.

    Attributes:
        changes: in words.
        statements: that make them.
        blockers: what cannot be changed, or names the schema in its text.
        notes: what to know.
    """

    changes: list[PathChange] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    blockers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def elements(path: str) -> list[str]:
    """Schemas of a search_path, as they are called."""
    found = []
    for quoted, plain in re.findall(r'"((?:[^"]|"")*)"|([^\s,"][^,"]*)', path):
        found.append(quoted.replace('""', '"') if quoted else plain.strip().lower())
    return found


def extended(path: str, source: str, target: str, *, stands_for: str | None = None) -> str | None:
    """A search_path with a schema behind another; None: it need not be changed.

    Args:
        path: as it is.
        source: the schema that has to be there.
        target: the one to be added.
        stands_for: role whose path it is: "$user" means the schema of its name.

    Returns:
        The path, each name quoted where it must be.
    """
    names = elements(path)
    places = [place for place, name in enumerate(names) if name == source or (name == "$user" and stands_for == source)]
    if not places or target in names:
        return None
    names.insert(places[0] + 1, target)
    return ", ".join(map(quote, names))


def find_paths(connection: Connection, source: str, target: str, names: set[str], spared: Collection[int]) -> Paths:
    """Finds what has to be changed.

    Args:
        connection: any; nothing is written.
        source: schema that tables, functions and views leave.
        target: where they are found afterwards.
        names: of these.
        spared: oids of functions that go themselves.

    Returns:
        Statements to send, and what stands in the way.
    """
    paths = Paths()
    _settings(connection, source, target, paths)
    if not paths.changes:
        paths.notes.append(f"no search_path here has {quote(source)} in it: who names it before a table has to change")
    _functions(connection, source, target, names, spared, paths)
    paths.notes.append("sessions that are open keep their search_path: let applications connect again")
    example = f"{quote(source)}.{quote(min(names))}"
    paths.notes.append(
        f"{example} in an application's own text, or a search_path that it sets itself, cannot be seen here"
    )
    return paths


def _settings(connection: Connection, source: str, target: str, paths: Paths) -> None:
    database, may = _one(
        connection,
        "select d.datname, pg_has_role(d.datdba, 'usage') from pg_database as d where d.datname = current_database()",
    )
    rows = connection.execute(_SETTINGS_SQL).fetchall()
    # What is said of one database goes before what is said of all.
    found = {role: path for role, _, path, _ in sorted(rows, key=lambda row: row[1])}
    roles = {role: changeable for role, _, _, changeable in rows}
    everybody = found.pop(None, None) or _default_path(connection)
    wide = extended(everybody, source, target)
    if wide is not None:
        paths.changes.append(PathChange(f"database {quote(database)}", everybody, wide))
        paths.statements.append(f"alter database {quote(database)} set search_path = {wide}")
        if not may:
            paths.blockers.append(f"only the owner of database {quote(database)} can set its search_path")
    named = connection.execute(
        "select r.rolname, r.rolname = current_user or x.rolsuper or x.rolcreaterole from pg_roles as r"
        " cross join pg_roles as x where r.rolname = %s and x.rolname = current_user",
        [source],
    ).fetchone()
    if named and "$user" in elements(everybody) and source not in found:
        found[source], roles[source] = everybody, named[1]
    for role, path in sorted(found.items()):
        if (new := extended(path, source, target, stands_for=role)) is None:
            continue
        owner = f"role {quote(role)} in database {quote(database)}"
        paths.changes.append(PathChange(owner, path, new))
        paths.statements.append(f"alter role {quote(role)} in database {quote(database)} set search_path = {new}")
        if not roles[role]:
            paths.blockers.append(f"this role may not set the search_path of {owner}")


def _default_path(connection: Connection) -> str:
    """What sessions start with that no database or role says anything of."""
    with connection.transaction(force_rollback=True):
        connection.execute("reset search_path")
        path, known, built_in = _one(
            connection,
            "select s.setting, s.source in ('default', 'configuration file', 'command line', 'environment variable'),"
            " s.boot_val from pg_settings as s where s.name = 'search_path'",
        )
    return str(path if known else built_in)


def _functions(
    connection: Connection, source: str, target: str, names: set[str], spared: Collection[int], paths: Paths
) -> None:
    space = rf'(?<![\w$."])(?:{re.escape(source)}|"{re.escape(source)}")\s*\.\s*'
    longest = sorted(map(re.escape, names), key=len, reverse=True)
    qualified = re.compile(rf'{space}"?(?:{"|".join(longest)})\b"?', re.IGNORECASE)
    for oid, name, body, path, changeable in connection.execute(_FUNCTIONS_SQL):
        if oid in spared:
            continue
        if match := qualified.search(body):
            paths.blockers.append(f"function {name} names {match.group()}: take the schema out of its text")
        new = None if path is None else extended(path, source, target)
        if new is None or names.isdisjoint(re.findall(r"\w+", body.lower())):
            continue
        paths.changes.append(PathChange(f"function {name}", path, new))
        paths.statements.append(f"alter routine {name} set search_path = {new}")
        if not changeable:
            paths.blockers.append(f"function {name} pins search_path = {path}, and is not this role's to alter")


def _one(connection: Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None  # noqa: S101
    return row


# A null role is everybody. A role may set its own path; others are for superusers and, from version 16 on, whoever
# administers them.
_SETTINGS_SQL = """
select r.rolname, s.setdatabase <> 0, substr(c.setting, length('search_path=') + 1),
    r.rolname = current_user or x.rolsuper or x.rolcreaterole
from pg_db_role_setting as s
cross join lateral unnest(s.setconfig) as c (setting)
left join pg_roles as r on r.oid = s.setrole
inner join pg_roles as x on x.rolname = current_user
where c.setting like 'search_path=%'
    and s.setdatabase in (0, (select d.oid from pg_database as d where d.datname = current_database()))
    and (s.setrole = 0 or r.oid is not null)
"""

_FUNCTIONS_SQL = """
select p.oid, p.oid::regprocedure::text, p.prosrc,
    (
        select substr(c.setting, length('search_path=') + 1)
        from unnest(p.proconfig) as c (setting)
        where c.setting like 'search_path=%'
    ),
    pg_has_role(p.proowner, 'usage')
from pg_proc as p
inner join pg_namespace as n on n.oid = p.pronamespace
inner join pg_language as l on l.oid = p.prolang
where n.nspname not in ('pg_catalog', 'information_schema', 'lifecycle') and l.lanname not in ('c', 'internal')
    and p.prokind <> 'a'
    and not exists (
        select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
order by 2
"""
