"""The search_paths that an application finds its tables by, and texts that name their schema."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..database import Connection
from .plan import PathChange
from .quoting import quote


@dataclass
class Paths:
    """What has to be changed for names to lead to where the tables went.

    Attributes:
        changes: in words.
        functions: statements for functions, before anything calls them.
        settings: statements for the database and for roles.
        blockers: what cannot be changed, or names the schema in its text.
        notes: what to know.
    """

    changes: list[PathChange] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
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
        The path, each name quoted if it must be.
    """
    names = elements(path)
    places = [place for place, name in enumerate(names) if name == source or (name == "$user" and stands_for == source)]
    if not places or target in names:
        return None
    names.insert(places[0] + 1, target)
    return ", ".join(map(quote, names))


def find_paths(
    connection: Connection,
    source: str,
    target: str,
    tables: Sequence[str],
    names: set[str],
    spared: Collection[int],
) -> Paths:
    """Finds what has to be changed.

    Args:
        connection: any; nothing is written.
        source: schema that tables, functions and views leave.
        target: where they are found afterwards.
        tables: those that do.
        names: of these, and of what else is not found in source any more.
        spared: oids of functions that go themselves.

    Returns:
        Statements to send, and what stands in the way.
    """
    paths = Paths()
    _settings(connection, source, target, paths)
    if not paths.changes:
        paths.notes.append(f"no search_path here has {quote(source)} in it: who names it before a table has to change")
    # Functions of ours look in their own schema only, and what writes of theirs set off would look there too.
    pinned = paths.changes[0].new if paths.changes else ", ".join(map(quote, (source, target)))
    called = {oid for (oid,) in connection.execute(_CALLED_SQL.encode(), {"schema": source, "tables": list(tables)})}
    known = {"execute", *(word for (name,) in connection.execute(_NAMES_SQL) for word in _words(name))}
    for oid, *function in connection.execute(_FUNCTIONS_SQL):
        # One that names nothing, such as a trigger that sets a time, is as well off without.
        needy = oid in called and not known.isdisjoint(_words(function[1]))
        if oid not in spared:
            _function(source, target, names, pinned if needy else None, function, paths)
    paths.notes.append("sessions that are open keep their search_path: let applications connect again")
    example = f"{quote(source)}.{quote(min(names))}"
    paths.notes.append(
        f"{example} in an application's own text, or a search_path that it sets itself, cannot be seen here"
    )
    paths.notes.append(
        f"tables that an application makes when it starts would be made in {quote(source)}, and hide ours"
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
        paths.settings.append(f"alter database {quote(database)} set search_path = {wide}")
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
        paths.settings.append(f"alter role {quote(role)} in database {quote(database)} set search_path = {new}")
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


def _function(
    source: str, target: str, names: set[str], pinned: str | None, function: Sequence[Any], paths: Paths
) -> None:
    """Looks at one function: its text, the search_path that it pins, or ought to because writes of ours call it."""
    name, body, path, changeable = function
    space = rf'(?<![\w$."])(?:{re.escape(source)}|"{re.escape(source)}")\s*\.\s*'
    longest = sorted(map(re.escape, names), key=len, reverse=True)
    if match := re.search(rf'{space}"?(?:{"|".join(longest)})\b"?', body, re.IGNORECASE):
        paths.blockers.append(f"function {name} names {match.group()}: take the schema out of its text")
    if path is None:
        new = pinned
    elif names.isdisjoint(_words(body)):
        new = None
    else:
        new = extended(path, source, target)
    if new is None:
        return
    paths.changes.append(PathChange(f"function {name}", path or "its caller's", new))
    paths.functions.append(f"alter routine {name} set search_path = {new}")
    if not changeable:
        paths.blockers.append(f"function {name} needs search_path = {new}, and is not this role's to alter")


def _words(body: str) -> set[str]:
    """Words of a text or a name, in lower case: names in quotes are looked for part by part."""
    return set(re.findall(r"\w+", body.lower()))


def _one(connection: Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None  # noqa: S101
    return row


# A null role is everybody. A role may set its own path; others are for superusers and, from version 16 on, roles that
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

_NAMES_SQL = """
select c.relname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
union
select p.proname from pg_proc as p inner join pg_namespace as n on n.oid = p.pronamespace
where n.nspname not in ('pg_catalog', 'information_schema')
union
select t.typname from pg_type as t inner join pg_namespace as n on n.oid = t.typnamespace
where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
"""

# What writes of the tables may set off: also in tables whose rows go or change with theirs.
_CALLED_SQL = """
with recursive touched (oid) as (
    select c.oid
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = %(schema)s and c.relname = any(%(tables)s)
    union
    select k.conrelid
    from touched as t
    inner join pg_constraint as k on k.confrelid = t.oid and k.contype = 'f'
    where k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd')
),
part (classid, objid) as (
    select 'pg_trigger'::regclass, g.oid from touched as t inner join pg_trigger as g on g.tgrelid = t.oid
    where not g.tgisinternal
    union all
    select 'pg_attrdef'::regclass, f.oid from touched as t inner join pg_attrdef as f on f.adrelid = t.oid
    union all
    select 'pg_constraint'::regclass, k.oid from touched as t inner join pg_constraint as k on k.conrelid = t.oid
    union all
    select 'pg_constraint'::regclass, k.oid from touched as t inner join pg_attribute as a on a.attrelid = t.oid
    inner join pg_constraint as k on k.contypid = a.atttypid
    union all
    select 'pg_policy'::regclass, y.oid from touched as t inner join pg_policy as y on y.polrelid = t.oid
    union all
    select 'pg_class'::regclass, i.indexrelid from touched as t inner join pg_index as i on i.indrelid = t.oid
    union all
    select 'pg_rewrite'::regclass, w.oid from touched as t inner join pg_rewrite as w on w.ev_class = t.oid
)
select distinct d.refobjid
from part as p
inner join pg_depend as d on d.classid = p.classid and d.objid = p.objid and d.refclassid = 'pg_proc'::regclass
"""
