"""Roles that belong to an installation: how they are called, and what remembers it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sessionbook.deploy import apply, plan, rollback, status
from sessionbook.deploy.baseline import forget, rename, repair
from sessionbook.deploy.export import export
from sessionbook.deploy.verify import verify
from sessionbook.errors import UsageError
from sessionbook.package import default_root

from support.clients import newest
from support.command import Tree
from support.errors import raises_key
from support.server import Server
from support.tenants import KINDS, prefixes

GRANTEES = """
select distinct a.grantee::regrole::text
from pg_class as c
cross join lateral aclexplode(c.relacl) as a
where c.relnamespace::regnamespace = quote_ident(%s)::regnamespace and a.grantee <> c.relowner
order by 1
"""
MAY = "select has_table_privilege(%s, to_regclass(quote_ident(%s) || '.items'), 'select')"


class Tenants:
    """Databases with installations of the small tree, which grants its table to the roles."""

    def __init__(self, server: Server, root: Path, made: list[str]) -> None:
        self.server = server
        self.root = root
        self.made = made
        self.name = made[0]
        self.databases: list[str] = []
        self.dsn = self.database()

    def database(self) -> str:
        self.databases.append(self.server.create_database())
        return self.server.dsn(self.databases[-1])

    def asked(self, schema: str | None = None, **how: Any) -> dict[str, Any]:
        schemas = {"workshop": schema or self.name}
        return {"units": ["workshop"], "schemas": schemas, "sql_root": self.root, **how}

    def apply(self, schema: str | None = None, dsn: str | None = None, **how: Any) -> None:
        apply(dsn or self.dsn, **self.asked(schema, **how))

    def one(self, query: str, *values: object, dsn: str | None = None) -> Any:
        with psycopg.connect(dsn or self.dsn, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values or None)
            return [value for (value,) in cursor] if cursor.description else []

    def grantees(self, schema: str | None = None, dsn: str | None = None) -> list[str]:
        return [str(role) for role in self.one(GRANTEES, schema or self.name, dsn=dsn)]


@pytest.fixture
def tenants(server: Server, tree: Tree) -> Iterator[Tenants]:
    shutil.copytree(default_root() / "roles", tree.root / "roles")
    tree.write(
        "grants/workshop/items.sql",
        "grant select on items to sessionbook_app, sessionbook_reader;\ngrant insert on items to sessionbook_writer;",
    )
    tree.write("grants/workshop/schema.sql", (default_root() / "grants" / "workshop" / "schema.sql").read_text("utf-8"))
    with prefixes(server) as made:
        tenants = Tenants(server, tree.root, made)
        yield tenants
        for name in tenants.databases:
            server.drop_database(name)


def test_roles_are_called_after_the_schema(tenants: Tenants) -> None:
    tenants.apply()
    assert tenants.grantees() == [f"{tenants.name}_{kind}" for kind in ("app", "reader", "writer")]
    found = tenants.one("select rolname from pg_roles where starts_with(rolname, %s) order by 1", f"{tenants.name}_")
    assert found == sorted(f"{tenants.name}_{kind}" for kind in KINDS)


def test_default_installation_keeps_its_roles(tenants: Tenants) -> None:
    tenants.apply()
    tenants.apply("workshop")
    assert tenants.grantees("workshop") == ["sessionbook_app", "sessionbook_reader", "sessionbook_writer"]
    assert tenants.one(MAY, "sessionbook_app", tenants.name) == [False]
    assert tenants.one(MAY, f"{tenants.name}_app", "workshop") == [False]


def test_new_roles_may_what_lifecycle_has_for_all_and_nothing_else(tenants: Tenants) -> None:
    tenants.apply()
    members = (
        "select m.member::regrole::text || ' in ' || m.roleid::regrole from pg_auth_members as m"
        " where starts_with(m.member::regrole::text, %s) order by 1"
    )
    assert tenants.one(members, tenants.name) == [
        f"{tenants.name}_{who}"
        for who in (
            "app in sessionbook_common",
            "courier in sessionbook_common",
            "reader in sessionbook_common",
            f"writer in {tenants.name}_app",
        )
    ]


def test_prefix_parts_two_databases_that_have_the_same_schema(tenants: Tenants) -> None:
    other, prefix = tenants.database(), f"{tenants.name}two"
    tenants.made.append(prefix)
    tenants.apply()
    tenants.apply(dsn=other, role_prefix=prefix)
    assert tenants.grantees(dsn=other) == [f"{prefix}_{kind}" for kind in ("app", "reader", "writer")]
    assert tenants.one(MAY, f"{tenants.name}_app", tenants.name, dsn=other) == [False]


def test_without_a_prefix_two_databases_share_the_roles(tenants: Tenants) -> None:
    other = tenants.database()
    tenants.apply()
    tenants.apply(dsn=other)
    assert tenants.grantees(dsn=other) == tenants.grantees()


def test_prefix_is_remembered_and_no_other_taken(tenants: Tenants, tree: Tree) -> None:
    prefix = f"{tenants.name}two"
    tenants.made.append(prefix)
    tenants.apply(role_prefix=prefix)
    tree.write("migrations/workshop/0002_more.sql", "create table more (id integer);")
    tree.write("grants/workshop/more.sql", "grant select on more to sessionbook_courier;")
    tenants.apply()
    assert tenants.grantees() == [f"{prefix}_{kind}" for kind in ("app", "courier", "reader", "writer")]
    (copy,) = [copy for copy in status(tenants.dsn, sql_root=tenants.root).copies if copy.unit == "workshop"]
    assert copy.role_prefix == prefix
    with pytest.raises(UsageError):
        tenants.apply(role_prefix="other")
    assert plan(tenants.dsn, **tenants.asked()).copies == []


def test_prefix_of_a_command_without_schema_is_that_of_all(tenants: Tenants) -> None:
    apply(tenants.dsn, sql_root=tenants.root, role_prefix=tenants.name)
    assert tenants.grantees("workshop") == [f"{tenants.name}_{kind}" for kind in ("app", "reader", "writer")]


ODD = """O'br$1ien \\1 "x" """


def test_names_that_need_quotes_work(tenants: Tenants) -> None:
    schema = f"{tenants.name} {ODD}"
    tenants.made.append(schema)
    tenants.apply(schema)
    quoted = tenants.one("select quote_ident(%s || '_app')", schema)[0]
    assert tenants.grantees(schema)[0] == quoted
    assert tenants.one(
        "select has_schema_privilege(%s, quote_ident(%s)::regnamespace, 'usage')", f"{schema}_app", schema
    )
    assert (verify(tenants.dsn, **tenants.asked(schema)).exit_code, repair(tenants.dsn, **tenants.asked(schema))) == (
        0,
        [],
    )


@pytest.mark.parametrize("letter", ["x", "ش"])
def test_longest_name_that_roles_can_be_built_on(tenants: Tenants, letter: str) -> None:
    longest = tenants.name + letter * ((55 - len(tenants.name)) // len(letter.encode()))
    longest += "y" * (55 - len(longest.encode()))
    tenants.made.append(longest)
    tenants.apply(longest)
    assert tenants.one("select count(*) from pg_roles where rolname = %s", f"{longest}_courier") == [1]
    for wrong in ({"schema": longest + "z"}, {"role_prefix": longest + "z"}):
        with pytest.raises(UsageError):
            tenants.apply(**wrong)


def test_engine_refuses_a_longer_name_too(tenants: Tenants) -> None:
    tenants.apply()
    with psycopg.connect(tenants.dsn) as connection, raises_key("23514", "installations_length_check"):
        connection.execute("select sessionbook.enter(%s, 'workshop')", ["x" * 56])


@pytest.mark.parametrize("prefix", ["", "100%", "two\nlines", "x" * 56])
def test_prefix_that_cannot_be_one_is_refused(tenants: Tenants, prefix: str) -> None:
    with pytest.raises(UsageError):
        tenants.apply(role_prefix=prefix)
    assert tenants.one("select to_regnamespace('sessionbook')::text") == [None]


def test_roles_made_beforehand_need_no_createrole(tenants: Tenants) -> None:
    tenants.apply(dsn=tenants.database())
    deployer = f"{tenants.name}_deployer"
    tenants.server.admin.execute(sql.SQL("create role {} login password 'x'").format(sql.Identifier(deployer)))
    try:
        tenants.one(f"grant create on database {tenants.databases[0]} to {deployer}")
        with psycopg.connect(tenants.dsn, user=deployer, password="x") as connection:
            dsn = connection.info.dsn + " password=x"
        tenants.apply(dsn=dsn)
        assert tenants.grantees() == [f"{tenants.name}_{kind}" for kind in ("app", "reader", "writer")]
    finally:
        for name in tenants.databases:
            tenants.server.drop_database(name)
        tenants.databases.clear()
        tenants.server.admin.execute(sql.SQL("drop role {}").format(sql.Identifier(deployer)))


def test_without_roles_none_are_made(tenants: Tenants) -> None:
    tenants.apply(roles=False)
    assert tenants.grantees() == []
    assert tenants.one("select count(*) from pg_roles where starts_with(rolname, %s)", tenants.name) == [0]


def test_export_does_the_same(tenants: Tenants) -> None:
    prefix = f"{tenants.name}two"
    tenants.made.append(prefix)
    for _ in range(2):
        tenants.one(export(**tenants.asked(role_prefix=prefix)).script)
    assert tenants.grantees() == [f"{prefix}_{kind}" for kind in ("app", "reader", "writer")]
    assert (
        status(tenants.dsn, sql_root=tenants.root).exit_code,
        verify(tenants.dsn, sql_root=tenants.root).exit_code,
    ) == (
        0,
        0,
    )
    script = export(**tenants.asked(role_prefix="other")).script
    with psycopg.connect(tenants.dsn, autocommit=True) as connection, raises_key("55000", "sessionbook_usage"):
        connection.execute(script.encode())


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("revoke select on {schema}.items from {schema}_app", "missing"),
        ("grant delete on {schema}.items to {schema}_writer", "changed"),
        ("grant select on {schema}.items to {schema}_courier", "added"),
        ("grant select on {schema}.items to sessionbook_app", "added"),
        ("grant select on workshop.items to {schema}_app", "added"),
    ],
)
def test_grant_by_hand_is_told_and_repaired(tenants: Tenants, statement: str, kind: str) -> None:
    tenants.apply("workshop")
    tenants.apply()
    tenants.one(statement.format(schema=tenants.name))
    found = verify(tenants.dsn, sql_root=tenants.root)
    assert (found.exit_code, [one.kind for copy in found.copies for one in copy.differences]) == (4, [kind])
    if kind == "missing":
        repair(tenants.dsn, sql_root=tenants.root)
        tenants.apply()
        assert verify(tenants.dsn, sql_root=tenants.root).exit_code == 0


def test_verify_against_the_package_knows_the_roles(tenants: Tenants) -> None:
    prefix = f"{tenants.name}two"
    tenants.made.append(prefix)
    tenants.apply(role_prefix=prefix)
    assert verify(tenants.dsn, sql_root=tenants.root, against_package=True).exit_code == 0
    tenants.one(f"revoke select on {tenants.name}.items from {prefix}_app")
    assert verify(tenants.dsn, sql_root=tenants.root, against_package=True).exit_code == 4


def test_renamed_installation_keeps_its_roles(tenants: Tenants) -> None:
    tenants.apply()
    other = f"{tenants.name}two"
    rename(tenants.dsn, tenants.name, other)
    tenants.apply(other)
    assert tenants.grantees(other) == [f"{tenants.name}_{kind}" for kind in ("app", "reader", "writer")]
    assert verify(tenants.dsn, sql_root=tenants.root).exit_code == 0


def test_rollback_and_apply_grant_the_same(tenants: Tenants) -> None:
    tenants.apply()
    before = tenants.grantees()
    rollback(tenants.dsn, "workshop", tenants.name, sql_root=tenants.root)
    tenants.apply()
    assert tenants.grantees() == before


def test_forgotten_installation_leaves_its_grants(tenants: Tenants) -> None:
    tenants.apply()
    before = tenants.grantees()
    forget(tenants.dsn, tenants.name)
    assert tenants.grantees() == before


@pytest.mark.parametrize("renamed", [False, True])
def test_restored_schema_has_the_roles_that_it_had(
    tenants: Tenants, renamed: bool, query: Callable[..., list[Any]]
) -> None:
    prefix, schema = f"{tenants.name}two", tenants.name
    tenants.made.append(prefix)
    tenants.apply(role_prefix=prefix)
    if renamed:
        schema = f"{tenants.name}three"
        rename(tenants.dsn, tenants.name, schema)
        tenants.apply(schema)
    other = tenants.database()
    dump = subprocess.run(
        [newest("pg_dump"), f"--schema={schema}", "--dbname", tenants.dsn], check=True, capture_output=True
    ).stdout
    subprocess.run([newest("psql"), "-X", "-q", "-d", other], input=dump, check=True, capture_output=True)
    apply(other, sql_root=tenants.root)
    assert tenants.grantees(schema, dsn=other) == [f"{prefix}_{kind}" for kind in ("app", "reader", "writer")]
    assert verify(other, sql_root=tenants.root).exit_code == 0
