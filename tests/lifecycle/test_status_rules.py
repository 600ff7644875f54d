"""The status_rules of each unit, and the trigger function that holds statuses to them."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from support.errors import raises_key

UNITS = ["workshop", "tutoring", "training"]


@pytest.fixture
def machine(db: psycopg.Connection) -> psycopg.Connection:
    """A table of the test's own, held to the rules of a lesson."""
    db.execute(
        """
        create schema shop;
        set search_path = shop;
        create table things (id int primary key, status text);
        create trigger zz_100_enforce_status before insert or update on things
        for each row execute function tutoring.enforce_status('tutoring.session');
        -- The messages name the schema of the table, whose rules these would be.
        create view status_rules as select * from tutoring.status_rules;
        insert into things values (1, 'scheduled'), (2, 'in_progress');
        """
    )
    return db


def move(conn: psycopg.Connection, status: str) -> None:
    conn.execute("update things set status = %s where id = 1", [status])


@pytest.mark.parametrize("unit", UNITS)
def test_no_move_is_listed_twice_or_leads_nowhere(db: psycopg.Connection, unit: str) -> None:
    db.execute(f"set search_path = {unit}")
    twice = (
        "select machine from status_rules group by machine, from_status, to_status, cause having count(*) > 1"
        " union all select machine from status_rules where from_status = to_status"
    )
    assert db.execute(twice).fetchall() == []
    others = db.execute("select distinct machine from status_rules where not starts_with(machine, %s)", [f"{unit}."])
    assert others.fetchall() == []


def test_every_status_can_be_reached_and_causes_are_known(db: psycopg.Connection) -> None:
    rules = " union all ".join(f"select * from {unit}.status_rules" for unit in UNITS)
    causes = {row[0] for row in db.execute(f"select distinct r.cause from ({rules}) as r")}
    assert causes == {"person", "seats", "clock"}
    unreachable = db.execute(
        f"with rules as ({rules}) select distinct r.machine, r.from_status from rules as r where not exists ("
        " select from rules as o where o.machine = r.machine and o.to_status = r.from_status)"
    ).fetchall()
    first = {"training.session": "DRAFT", "workshop.order": "pending", "workshop.waitlist": "waiting"}
    assert {**first, **dict(unreachable)} == first


def test_allowed_move(machine: psycopg.Connection) -> None:
    move(machine, "cancelled")
    assert machine.execute("select status from things where id = 1").fetchone() == ("cancelled",)


def test_same_status_is_no_move(machine: psycopg.Connection) -> None:
    machine.execute("update things set status = status")


def test_refused_move_says_what_is_allowed(machine: psycopg.Connection) -> None:
    with raises_key("PT409", "illegal_transition") as error:
        move(machine, "completed")
    assert "From scheduled: cancelled (person), in_progress (clock or person), no_show (person)." in error.detail


def test_no_setting_makes_a_cause(machine: psycopg.Connection) -> None:
    machine.execute("select set_config('lifecycle.cause', 'clock', false)")
    with raises_key("PT409", "illegal_transition"):
        move(machine, "completed")
    move(machine, "cancelled")


def test_unknown_status(machine: psycopg.Connection) -> None:
    with raises_key("PT400", "unknown_status") as error:
        move(machine, "upcoming")
    assert "Known are cancelled, completed, in_progress, no_show, scheduled." in error.detail


def test_missing_status_is_left_to_the_column(machine: psycopg.Connection) -> None:
    machine.execute("insert into things values (3, null)")


def test_status_is_not_taken_away(machine: psycopg.Connection) -> None:
    """Or "completed" could be got rid of in two moves."""
    with raises_key("PT409", "illegal_transition"):
        machine.execute("update things set status = null where id = 2")


def test_row_without_a_status_gets_any_that_is_known(machine: psycopg.Connection) -> None:
    machine.execute("insert into things values (3, null)")
    with raises_key("PT400", "unknown_status"):
        machine.execute("update things set status = 'upcoming' where id = 3")
    machine.execute("update things set status = 'completed' where id = 3")


def test_initial_status_must_be_known(machine: psycopg.Connection) -> None:
    with raises_key("PT400", "unknown_status"):
        machine.execute("insert into things values (3, 'upcoming')")
    with pytest.raises(errors.UniqueViolation):
        machine.execute("insert into things values (1, 'completed')")
