"""What is in the way is named all at once, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from sessionbook.adopt import NotAdoptable, adopt
from sessionbook.errors import UsageError

from support.adoption import OWNER, UNITS, Application, need_icu

CATALOG = """
select (select count(*) from pg_class), (select count(*) from pg_proc), (select count(*) from pg_namespace),
    (select jsonb_agg(s.setconfig) from pg_db_role_setting as s where s.setdatabase =
        (select d.oid from pg_database as d where d.datname = current_database()))
"""


def _stopped(found: Application, **how: object) -> list[str]:
    before = found.rows(CATALOG)
    with pytest.raises(NotAdoptable) as refused:
        found.adopt(**how)
    assert found.rows(CATALOG) == before
    assert refused.value.exit_code == 4
    return [step.what for step in refused.value.plan.steps if step.kind == "stop"]


def test_everything_in_the_way_is_told_at_once(application_of: Callable[..., Application]) -> None:
    planner = application_of("planner")
    planner.run(
        """
        insert into compliance_items (id, personnel_id, course_id)
        select gen_random_uuid()::text, i.personnel_id, i.course_id from compliance_items as i limit 1;
        create function names_it() returns bigint language sql as 'select count(*) from public.sessions';
        alter table personnel add column deleted_at boolean;
        """
    )

    assert sorted(_stopped(planner)) == [
        "column personnel.deleted_at is boolean, and not timestamp with time zone",
        "compliance_items has 1 times the same personnel_id, course_id",
        "function public.names_it()",
    ]


@pytest.mark.every_server
def test_collation_that_takes_different_texts_for_equal(application_of: Callable[..., Application]) -> None:
    planner = application_of("planner")
    need_icu(planner.server)
    planner.run(
        """
        create collation blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        alter table venues alter column name type text collate blind;
        """
    )

    assert _stopped(planner) == ["column venues.name has collation blind"]


def test_no_such_tables(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.run("create schema elsewhere")

    with pytest.raises(UsageError, match="has no table of workshop"):
        market.adopt(source="elsewhere")


def test_what_is_installed_is_not_adopted_again(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.adopt()

    with pytest.raises(UsageError, match="is installed already"):
        market.adopt()


def test_tables_of_somebody_else_are_named(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    with psycopg.connect(market.server.dsn(market.name), autocommit=True) as connection:
        connection.execute("alter table reviews owner to current_user")
        connection.execute("alter table public.orders owner to current_user")

    assert _stopped(market) == ["table public.orders is somebody else's"]


@pytest.mark.parametrize("kind", UNITS)
def test_who_is_more_than_the_owner_is_told_to_be_the_owner(
    application_of: Callable[..., Application], kind: str
) -> None:
    found = application_of(kind)
    before = found.rows(CATALOG)

    with pytest.raises(NotAdoptable) as refused:
        adopt(found.server.dsn(found.name), found.asked(instants_in="UTC"))

    assert found.rows(CATALOG) == before
    steps = refused.value.plan.steps
    (moved,) = [step.what.split(": ")[1].split(", ") for step in steps if step.what.startswith("move to ")]
    stops = [step for step in steps if step.kind == "stop"]
    assert sorted(step.what for step in stops) == [f"table public.{table} is somebody else's" for table in moved]
    assert all(OWNER in step.you for step in stops)


def test_a_role_with_a_path_of_its_own_is_told_to_a_dba(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    with psycopg.connect(market.server.dsn(market.name), autocommit=True) as connection:
        connection.execute(f'alter role reporting in database "{market.name}" set search_path = public'.encode())

    assert _stopped(market) == ["search_path of role reporting: public, workshop"]
