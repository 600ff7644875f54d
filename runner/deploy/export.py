"""Plain SQL equal to apply, for databases that no Python gets to, and for other migration tools."""

import json
from collections.abc import Iterator
from importlib.metadata import version
from itertools import count
from typing import Unpack

from ..database import Found
from ..errors import UsageError
from ..package import Package, Unit, read_package
from .chosen import SHARED, Asked, Due, Installation, choose, name_roles

_FILES = """(
    select jsonb_agg(jsonb_build_object('path', f.path, 'sha256', f.sha256, 'content', f.content) order by f.place)
    from (values
{values}
    ) as f (place, path, sha256, content)
)"""


def export(**asked: Unpack[Asked]) -> Found:
    """Writes a script that does what apply does, by the same calls, whatever the state of the database.

    It is written without a connection, so other installations that a database has are not in it.

    Returns script, plain SQL, and what is in it, in order: copies, migrations (ids) and repeatables (paths).

    Raises UsageError: an unknown unit, a schema that cannot be a target, or a migration outside a transaction.
    """
    package = read_package(asked.get("sql_root"))
    roles = asked.get("roles") is not False
    copies = choose(package, (), asked.get("units"), asked.get("schemas"))
    used = [package.units[copy.unit] for copy in copies]
    if len({copy.schema for copy in copies}) < len(copies):
        raise UsageError("one schema cannot hold two units")
    for migration in (migration for unit in used for migration in unit.migrations):
        if not migration.transactional:
            raise UsageError(
                f"{migration.path} runs outside a transaction",
                hint="A script could not pass over it when it is run again. Use: sessionbook apply",
            )
    plans = [Due(*copy) for copy in copies]
    name_roles(plans, {}, asked.get("schemas"), asked.get("role_prefix"))
    return Found(
        copies=[{"unit": copy.unit, "schema": copy.schema} for copy in copies],
        migrations=[migration.id for unit in used for migration in unit.migrations],
        repeatables=[file.path for unit in used for file in unit.files_in_order(roles)],
        script="\n\n".join(_script(package, plans, roles)) + "\n",
    )


def _script(package: Package, plans: list[Due], roles: bool) -> Iterator[str]:
    copies = [plan.installation for plan in plans]
    what = ", ".join(map(str, copies)) + ("" if roles else ", without roles")
    yield (
        f"-- Sessionbook {version('sessionbook')}: {' '.join(what.split())}.\n"
        "-- Plain SQL: run it with psql or any other client, as often as you like; it skips what is applied.\n"
        "-- Jobs in pg_cron are not in it: docs/deploying.md."
    )
    yield (
        "set standard_conforming_strings = on;\n\n"
        "-- So that the server notices within a second that a killed client is gone; not every platform can.\n"
        "do $check$\nbegin\n    perform set_config('client_connection_check_interval', '1s', false);\n"
        "exception\n    when others then null;\nend\n$check$;"
    )
    yield package.engine()
    for due in plans:
        said = json.dumps(package.to_json([due.asked()], roles), ensure_ascii=False)
        # Flyway would take a dollar before a bracket for a placeholder.
        yield f"select sessionbook.prepare({dollar(f' {said}')});"
    if roles:
        for file in package.roles:
            yield f"select sessionbook.run('pg_catalog', {dollar(file.path)}, {dollar(file.text)});"
    for found in copies:
        unit = package.units[found.unit]
        after = "null"
        for m in unit.in_order():
            names = [dollar(name) for name in (found.schema, found.unit, m.id, m.sha256)]
            place = ", ".join([*names[:2], after, *names[2:]])
            after = names[2]
            yield f"select sessionbook.migrate({place}, {dollar(m.effective(roles))});"
        yield _files(found, unit, roles, "'{}'")
    for found in copies:
        if found.unit == SHARED:
            covered = ", ".join(dollar(copy.schema) for copy in copies)
            yield _files(found, package.units[found.unit], roles, f"array[{covered}]")
    yield (
        "insert into sessionbook.settings as s (key, value)\n"
        f"values ('roles', '{str(roles).lower()}')\n"
        "on conflict (key) do update set value = excluded.value where s.value <> excluded.value;"
    )


def _files(found: Installation, unit: Unit, roles: bool, covered: str) -> str:
    rows = [
        f"({place}, {dollar(file['path'])}, {dollar(file['sha256'])}, {dollar(file['content'])})"
        for place, file in enumerate(unit.contents(roles), start=1)
    ]
    files = _FILES.format(values=",\n".join(rows)) if rows else "'[]'"
    names = ", ".join(map(dollar, (found.schema, found.unit)))
    return f"select sessionbook.reapply({names}, {files}, {dollar(unit.migrations[-1].id)}, {covered});"


def dollar(text: str) -> str:
    """A string constant in which the text stands as it is: no client replaces anything within dollar quotes."""
    if "'" not in text and "\\" not in text and "\n" not in text and ":" not in text:
        return f"'{text}'"
    tags = (f"$sessionbook{number or ''}$" for number in count())
    # A text that ends in the beginning of the tag would end it too early.
    tag = next(tag for tag in tags if tag[:-1] not in text)
    return f"{tag}{text}{tag}"
