"""View lifecycle.status_rules and the trigger function that holds statuses to it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from support.errors import raises_key


@pytest.fixture
def machine(db: psycopg.Connection) -> psycopg.Connection:
    """A table of the test's own, held to the rules of a lesson."""
    db.execute(
        """
        create table things (id int primary key, status text);
        create trigger _100_enforce_status before insert or update on things
        for each row execute function lifecycle.enforce_status('tutoring.session');
        insert into things values (1, 'scheduled'), (2, 'in_progress');
        """
    )
    return db


def move(conn: psycopg.Connection, status: str, cause: str = "") -> None:
    with conn.transaction():
        conn.execute("select set_config('lifecycle.cause', %s, true)", [cause])
        conn.execute("update things set status = %s where id = 1", [status])


def test_no_move_is_listed_twice_or_leads_nowhere(db: psycopg.Connection) -> None:
    assert (
        db.execute(
            "select machine from lifecycle.status_rules"
            " group by machine, from_status, to_status, cause having count(*) > 1"
        ).fetchall()
        == []
    )
    assert db.execute("select count(*) from lifecycle.status_rules where from_status = to_status").fetchone() == (0,)


def test_every_status_can_be_reached_and_causes_are_known(db: psycopg.Connection) -> None:
    assert {row[0] for row in db.execute("select distinct cause from lifecycle.status_rules")} == {
        "person",
        "seats",
        "clock",
    }
    unreachable = db.execute(
        "select distinct r.machine, r.from_status from lifecycle.status_rules as r where not exists ("
        " select from lifecycle.status_rules as o where o.machine = r.machine and o.to_status = r.from_status)"
    ).fetchall()
    assert sorted(unreachable) == [
        ("training.session", "DRAFT"),
        ("workshop.order", "pending"),
        ("workshop.waitlist", "waiting"),
    ]


def test_allowed_move(machine: psycopg.Connection) -> None:
    move(machine, "cancelled")
    assert machine.execute("select status from things where id = 1").fetchone() == ("cancelled",)


def test_same_status_is_no_move(machine: psycopg.Connection) -> None:
    machine.execute("update things set status = status")


def test_refused_move_says_what_is_allowed(machine: psycopg.Connection) -> None:
    with raises_key("PT409", "illegal_transition") as error:
        move(machine, "completed")
    assert error.detail == "From scheduled: cancelled (person), in_progress (clock or person), no_show (person)."


def test_final_status_says_so(machine: psycopg.Connection) -> None:
    move(machine, "no_show")
    with raises_key("PT409", "illegal_transition") as error:
        move(machine, "scheduled")
    assert "final" in error.detail


def test_cause_must_match(machine: psycopg.Connection) -> None:
    with raises_key("PT409", "illegal_transition"):
        move(machine, "cancelled", cause="clock")
    move(machine, "in_progress", cause="clock")


def test_cause_for_one_row_is_handed_back(machine: psycopg.Connection) -> None:
    with machine.transaction():
        machine.execute("select set_config('lifecycle.cause', 'clock,person', true)")
        machine.execute("update things set status = 'in_progress' where id = 1")
        machine.execute("update things set status = 'cancelled' where id = 2")
        assert machine.execute("select current_setting('lifecycle.cause')").fetchone() == ("person",)


def test_unknown_status(machine: psycopg.Connection) -> None:
    with raises_key("PT400", "unknown_status") as error:
        move(machine, "upcoming")
    assert error.detail == "Known are cancelled, completed, in_progress, no_show, scheduled."


def test_missing_status_is_left_to_the_column(machine: psycopg.Connection) -> None:
    machine.execute("insert into things values (3, null)")


def test_status_is_not_taken_away(machine: psycopg.Connection) -> None:
    """Or "completed" could be got rid of in two moves."""
    with raises_key("PT409", "illegal_transition"):
        machine.execute("update things set status = null where id = 2")


def test_taken_away_where_there_must_be_one_is_left_to_the_column(machine: psycopg.Connection) -> None:
    machine.execute("alter table things alter column status set not null")
    with pytest.raises(errors.NotNullViolation):
        machine.execute("update things set status = null where id = 2")


def test_row_without_a_status_gets_any_that_is_known(machine: psycopg.Connection) -> None:
    machine.execute("insert into things values (3, null)")
    with raises_key("PT400", "unknown_status"):
        machine.execute("update things set status = 'upcoming' where id = 3")
    machine.execute("update things set status = 'completed' where id = 3")
