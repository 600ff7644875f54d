"""The unit a second time, in a schema of another name."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sessionbook.deploy import apply

from support.errors import raises_key
from support.market import Market, open_market


@pytest.fixture
def acme(database: str) -> Iterator[Market]:
    """A shop in the copy `acme`, beside the default one."""
    apply(database, units=["workshop"], schemas={"workshop": "acme"})
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("set search_path = acme")
        yield open_market(conn)


def test_rules_and_functions_work_in_the_copy(acme: Market) -> None:
    workshop = acme.workshop()
    session = acme.session(workshop, run_id=acme.run(workshop), current_attendees=1)
    acme.take(session)
    with raises_key("PT409", "session_full"):
        acme.take(session)
    clone = acme.row("select * from clone_workshop_sessions(%s, '2027-07-01')", workshop)
    assert clone["sessions_created"] == 1
    assert acme.one("select count(*) from session_availability") == 2


def test_functions_of_the_copy_work_under_any_search_path(acme: Market) -> None:
    workshop = acme.workshop()
    acme.session(workshop)
    acme.conn.execute("set search_path = workshop")
    assert acme.one("select count(*) from acme.get_available_sessions(%s)", workshop) == 1
    assert acme.one("select count(*) from acme.workshop_runs") == 1
    assert acme.one("select count(*) from workshop.workshop_runs") == 0


def test_copies_do_not_see_each_other(acme: Market) -> None:
    acme.session(acme.workshop())
    for table in ("workshops", "workshop_sessions", "status_changes"):
        assert acme.one(f"select count(*) from workshop.{table}") == 0


def test_nothing_in_the_copy_refers_to_the_default_schema(acme: Market) -> None:
    functions = acme.rows(
        "select p.proname from pg_proc as p where p.pronamespace = 'acme'::regnamespace"
        " and (pg_get_functiondef(p.oid) ~ '\\mworkshop\\.(?!session|run|order|enrollment|waitlist)')"
    )
    keys = acme.rows(
        "select conname from pg_constraint where connamespace = 'acme'::regnamespace and contype = 'f'"
        " and confrelid in (select oid from pg_class where relnamespace <> 'acme'::regnamespace)"
    )
    assert (functions, keys) == ([], [])


def test_the_tick_moves_both(acme: Market) -> None:
    acme.session(acme.workshop())
    acme.conn.execute("set search_path = workshop")
    default = open_market(acme.conn)
    default.session(default.workshop())
    rows = acme.rows(
        "select schema_name, moved from lifecycle.tick('2028-01-01 00:00+00')"
        " where step = 'complete_sessions' and schema_name in ('acme', 'workshop')"
    )
    assert rows == [{"schema_name": "acme", "moved": 1}, {"schema_name": "workshop", "moved": 1}]


def test_applying_the_same_text_again_keeps_every_trigger(acme: Market, database: str) -> None:
    """Constraint triggers cannot be replaced, so their files leave them alone; they must not count as gone."""
    triggers = "select tgname, tgrelid::regclass::text from pg_trigger where not tgisinternal order by 1, 2"
    before = acme.rows(triggers)
    acme.conn.execute("update sessionbook.files set sha256 = 'older'")
    result = apply(database)
    assert [change.dropped for change in result.copies] == [[]] * len(result.copies)
    assert acme.rows(triggers) == before
