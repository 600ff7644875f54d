"""What an application adds later stops neither an apply nor a write, and makes nothing wrong."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import psycopg
import pytest
from sessionbook.deploy import apply
from sessionbook.deploy.verify import verify

from support.adoption import Application

TABLES = {"marketplace": "workshop_sessions", "lessons": "sessions", "planner": "sessions"}
# Of types without equality, computed, in front of ours and behind them.
ADDED = """
alter table {0} add column odd_json json, add column odd_xml xml, add column odd_point point,
    add column odd_list text[],
    add column odd_twice text generated always as (id::text || '!') stored;
create function note_it() returns trigger language plpgsql as
$$ begin new.odd_list := array['seen']; return new; end $$;
create trigger aaa before insert or update on {0} for each row execute function note_it();
create trigger zzz before insert or update on {0} for each row execute function note_it();
"""


@pytest.mark.parametrize("kind", TABLES)
def test_columns_and_triggers_of_the_application(application_of: Callable[..., Application], kind: str) -> None:
    alone = application_of(kind)
    adopted = application_of(kind, template=alone.name)
    adopted.adopt(instants_in="UTC")
    for found in (alone, adopted):
        found.run(ADDED.format(TABLES[kind]))
        found.run(f"update {TABLES[kind]} set odd_json = '{{}}', odd_point = '(1, 2)'")
        # A server that was built without libxml reads none.
        with suppress(psycopg.errors.FeatureNotSupported):
            found.run(f"update {TABLES[kind]} set odd_xml = '<a/>'")
    # Every file once more.
    adopted.run("update sessionbook.files set sha256 = null")

    apply(adopted.dsn)

    assert verify(adopted.dsn).exit_code == 0
    assert adopted.answers() == alone.answers()


def test_rows_that_come_by_replication_have_their_instants(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.adopt(timezone="Europe/Berlin")
    with psycopg.connect(market.server.dsn(market.name), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(
            "insert into workshop.workshop_sessions (workshop_id, session_date, start_time, metadata)"
            " select id, '2031-01-06', '09:00', null from workshop.workshops limit 1"
        )

    assert market.rows(
        "select starts_at at time zone 'Europe/Berlin', metadata, status from workshop_sessions"
        " where session_date = '2031-01-06'"
    ) == [(market.one("select timestamp '2031-01-06 09:00'"), {}, "upcoming")]


def test_copy_fills_what_it_leaves_out(application_of: Callable[..., Application]) -> None:
    lessons = application_of("lessons")
    lessons.adopt()
    with (
        lessons.connection() as connection,
        connection.cursor() as cursor,
        cursor.copy("copy sessions (enrolled_courses_id, session_date, start_time, end_time) from stdin") as copy,
    ):
        copy.write_row((3, "2031-01-06", "23:00", "01:00"))

    assert lessons.rows(
        "select status, timezone, ends_at - starts_at = interval '2 hours' from sessions"
        " where session_date = '2031-01-06'"
    ) == [("scheduled", "UTC", True)]
