"""What becomes of an adoption if its installation has roles of its own, is renamed, or is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO

import pytest
from sessionbook.adopt import release
from sessionbook.cli import main
from sessionbook.deploy import apply
from sessionbook.deploy.baseline import forget, rename
from sessionbook.deploy.verify import verify
from sessionbook.errors import UsageError

from support.adoption import DATABASES, Application
from support.server import Server
from support.tenants import KINDS, prefixes

WHERE = "select to_regclass('public.orders') is not null, to_regclass('workshop.orders') is not null"


@pytest.fixture
def prefix(server: Server) -> Iterator[str]:
    with prefixes(server) as made:
        yield made[0]


def granted(found: Application, schema: str, names: str) -> int:
    """How many rights to tables of a schema roles of such names have."""
    return int(
        found.one(
            "select count(*) from pg_class as c cross join aclexplode(c.relacl) as a"
            " where c.relnamespace = %s::regnamespace and a.grantee::regrole::text ~ %s",
            schema,
            names,
        )
    )


def test_roles_are_called_as_asked(prefix: str, application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace", script="select")
    # Roles are made by somebody who may, and who owns all of it.
    market.dsn = market.server.dsn(market.name)
    market.run((DATABASES / "marketplace.sql").read_text(encoding="utf-8"))
    market.run("grant insert on orders to reporting")
    asked = f"adopt workshop --yes --instants-in UTC --no-cron --role-prefix {prefix} --json --dsn".split()

    with redirect_stdout(StringIO()), pytest.raises(SystemExit) as left:
        main([*asked, market.dsn])

    assert left.value.code == 0
    made = market.rows("select rolname from pg_roles where rolname ^@ %s order by 1", f"{prefix}_")
    assert made == [(f"{prefix}_{kind}",) for kind in sorted(KINDS)]
    assert market.one("select pg_has_role('reporting', %s, 'member')", f"{prefix}_writer")
    assert market.one("select has_table_privilege(%s, 'workshop.orders', 'insert')", f"{prefix}_writer")
    assert granted(market, "workshop", "^sessionbook_(app|writer|reader|courier)$") == 0
    apply(market.dsn)
    assert verify(market.dsn).exit_code == 0
    release(market.dsn, "workshop")
    assert granted(market, "public", f"^{prefix}") == 0
    assert not market.one("select pg_has_role('reporting', %s, 'member')", f"{prefix}_writer")


def test_a_renamed_installation_can_be_released(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    before = market.answers()
    market.adopt()
    rename(market.dsn, "workshop", "shop")
    apply(market.dsn, units=["workshop"], schemas={"workshop": "shop"})
    assert [d for c in verify(market.dsn).copies for d in c.differences] == []

    release(market.dsn, "shop")

    assert market.rows(WHERE) == [(True, False)]
    assert market.one("select to_regnamespace('shop') is null and to_regnamespace('workshop') is null")
    assert len(market.answers()) == len(before)


def test_a_forgotten_installation_leaves_nothing_to_release(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.adopt()
    forget(market.dsn, "workshop")
    market.run("drop schema workshop cascade")
    apply(market.dsn, units=["workshop"], roles=False)

    with pytest.raises(UsageError):
        release(market.dsn, "workshop")

    assert market.rows(WHERE) == [(False, True)]
