"""Who holds a session waits for no trainer, venue or person: those who go from these to the session are met nowhere."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.connect import Connect
from support.department import END, START, Department
from support.errors import raises_key
from support.together import Waiting

TOUCH = "update training.sessions set created_by_id = 'grace' where id = %s"


def schedule(session: str) -> Any:
    return lambda conn: conn.execute("select status from training.schedule_session(%s)", [session]).fetchone()


def update(session: str, **changes: Any) -> Any:
    return lambda conn: conn.execute("select status from training.update_session(%s, %s)", [session, Jsonb(changes)])


@pytest.fixture
def holder(connect: Connect) -> psycopg.Connection:
    """A transaction of an application that changes a parent first and then the session."""
    return connect(autocommit=False)


@pytest.mark.parametrize("table", ["trainers", "venues"])
@pytest.mark.parametrize("way", ["publish", "move", "draft"])
def test_who_holds_a_trainer_or_venue_gets_the_session(
    training: Department, holder: psycopg.Connection, connect: Connect, table: str, way: str
) -> None:
    waiting = connect(autocommit=False)
    if way == "publish":
        session = training.planned()
        call = schedule(session)
    elif way == "move":
        session = training.scheduled()
        call = update(session, start_time="2027-01-04 10:00+00")
    else:
        session = training.draft()
        call = update(session, trainer_id=training.trainer, venue_id=training.venue)
    holder.execute(f"select from training.{table} for update")
    both = Waiting(waiting, call)
    holder.execute("set local lock_timeout = '5s'")
    holder.execute(TOUCH, [session])
    holder.commit()
    both.result()
    waiting.commit()
    assert training.one("select created_by_id from sessions where id = %s", session) == "grace"


def test_draft_whose_trainer_is_deleted_while_it_is_published(
    training: Department, holder: psycopg.Connection, connect: Connect
) -> None:
    session = training.planned()
    training.conn.execute("delete from trainer_qualifications")
    holder.execute("select from training.trainers for update")
    publishing = Waiting(connect(), schedule(session))
    holder.execute("delete from training.trainers")
    holder.commit()
    with raises_key("PT400", "missing_field"):
        publishing.result()


def test_session_that_got_another_trainer_meanwhile_is_to_be_asked_for_again(
    training: Department, holder: psycopg.Connection, connect: Connect
) -> None:
    session, other = training.planned(), training.new_trainer(teaches=training.course)
    holder.execute("select from training.trainers where id = %s for update", [training.trainer])
    publisher = connect()
    publishing = Waiting(publisher, schedule(session))
    holder.execute("update training.sessions set trainer_id = %s where id = %s", [other, session])
    holder.commit()
    with raises_key("55P03", "session_moved_meanwhile"):
        publishing.result()
    assert schedule(session)(publisher) == ("SCHEDULED",)
    assert training.one("select trainer_id from sessions where id = %s", session) == other


def test_draft_that_is_published_meanwhile_is_to_be_changed_again(
    training: Department, holder: psycopg.Connection, connect: Connect
) -> None:
    session, other = training.planned(), training.new_venue()
    holder.execute("select from training.venues where id = %s for update", [other])
    changing = Waiting(connect(), update(session, venue_id=other))
    holder.execute("update training.sessions set status = 'SCHEDULED' where id = %s", [session])
    holder.commit()
    with raises_key("55P03", "session_moved_meanwhile"):
        changing.result()


def test_who_holds_a_new_course_gets_the_session(
    training: Department, holder: psycopg.Connection, connect: Connect
) -> None:
    session, course = training.draft(), training.new_course("Crane")
    holder.execute("delete from training.courses where id = %s", [course])
    changing = Waiting(connect(), update(session, course_id=course))
    holder.execute("set local lock_timeout = '5s'")
    holder.execute(TOUCH, [session])
    holder.commit()
    with raises_key("PT404", "course_not_found"):
        changing.result()


@pytest.mark.parametrize("way", ["complete", "mark"])
def test_who_holds_a_person_gets_the_class_list(
    training: Department, holder: psycopg.Connection, connect: Connect, way: str
) -> None:
    person = training.person()
    status = {"complete": "SCHEDULED", "mark": "COMPLETED"}[way]
    session = training.planned(status=status, start_time="2020-01-01", end_time="2020-01-02")
    training.attend(session, person, status="ATTENDED" if way == "complete" else "NO_SHOW")
    holder.execute("update training.personnel set last_name = 'Zorn' where id = %s", [person])
    marks = Jsonb([{"personnel_id": person, "status": "ATTENDED"}])
    call = {
        "complete": lambda conn: conn.execute("select training.complete_session(%s)", [session]),
        "mark": lambda conn: conn.execute("select training.mark_attendance(%s, %s)", [session, marks]),
    }[way]
    waiting = connect()
    renewing = Waiting(waiting, call)
    holder.execute("set local lock_timeout = '5s'")
    holder.execute(TOUCH, [session])
    holder.execute("update training.session_attendees set remarks = 'early' where session_id = %s", [session])
    holder.commit()
    renewing.result()
    assert training.row("select status::text, sort_name from compliance_items") == {
        "status": "COMPLIANT",
        "sort_name": training.one("select sort_name from personnel"),
    }


def test_person_marked_meanwhile_is_not_waited_for(
    training: Department, holder: psycopg.Connection, connect: Connect
) -> None:
    person = training.person()
    session = training.scheduled(start_time="2020-01-01", end_time="2020-01-02")
    training.attend(session, person)
    held, completing = connect(autocommit=False), connect()
    holder.execute(TOUCH, [session])
    waiting = Waiting(completing, lambda conn: conn.execute("select training.complete_session(%s)", [session]))
    held.execute("select from training.personnel for update")
    holder.execute("update training.session_attendees set status = 'ATTENDED'")
    holder.commit()
    with raises_key("55P03", "person_held"):
        waiting.result()
    held.commit()
    completing.execute("select training.complete_session(%s)", [session])
    assert training.status(session) == "COMPLETED"


def test_who_deletes_a_person_gets_the_session(
    training: Department, holder: psycopg.Connection, connect: Connect
) -> None:
    person, session = training.person(), training.draft()
    holder.execute("delete from training.personnel where id = %s", [person])
    adding = Waiting(
        connect(), lambda conn: conn.execute("select training.add_attendees(%s, array[%s])", [session, person])
    )
    holder.execute("set local lock_timeout = '5s'")
    holder.execute(TOUCH, [session])
    holder.commit()
    with raises_key("PT404", "personnel_not_found"):
        adding.result()


def test_two_who_swap_trainers_do_not_deadlock(
    training: Department, connect: Connect, holder: psycopg.Connection
) -> None:
    """Each holds a session of the other's new trainer only in its turn."""
    other = training.new_trainer(teaches=training.course)
    first = training.scheduled(venue_id=training.new_venue())
    second = training.scheduled(trainer_id=other, start_time=END, end_time="2027-01-04 15:00+00")
    holder.execute("select training.update_session(%s, %s)", [first, Jsonb({"trainer_id": other})])
    swapping = Waiting(connect(), update(second, trainer_id=training.trainer, start_time=START, end_time=END))
    holder.commit()
    swapping.result()
    assert training.one("select count(*) from sessions where trainer_id = %s", training.trainer) == 1
