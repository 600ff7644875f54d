"""Every statement of the run_id repair, as it stands there; what it leaves out is filled in."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from support.market import Market

CREATE_DEFAULT_RUNS = """
-- Create default workshop runs for orphaned sessions
INSERT INTO workshop_runs (id, workshop_id, run_name, run_name_ar, start_date, end_date, status)
SELECT
    gen_random_uuid() as id,
    ws.workshop_id,
    'Default Run - ' || w.name as run_name,
    'الدورة الافتراضية - ' || COALESCE(w.title_ar, w.name) as run_name_ar,
    MIN(ws.session_date) as start_date,
    COALESCE(MAX(ws.session_date), MIN(ws.session_date)) as end_date,
    'upcoming' as status
FROM workshop_sessions ws
JOIN workshops w ON ws.workshop_id = w.id
WHERE ws.run_id IS NULL
   OR ws.run_id NOT IN (SELECT id FROM workshop_runs WHERE workshop_id = ws.workshop_id)
GROUP BY ws.workshop_id, w.name, w.title_ar;
"""

UPDATE_SESSIONS = """
-- Update sessions to reference valid runs
UPDATE workshop_sessions
SET run_id = (SELECT wr.id FROM workshop_runs wr WHERE wr.workshop_id = workshop_sessions.workshop_id AND wr.run_name LIKE 'Default Run -%' LIMIT 1)
WHERE run_id IS NULL OR run_id NOT IN (SELECT id FROM workshop_runs WHERE workshop_id = workshop_sessions.workshop_id);
"""  # noqa: E501

VALIDATE_SESSION_RUN_ID = """
-- Added trigger to prevent future run_id issues
CREATE OR REPLACE FUNCTION validate_session_run_id() RETURNS TRIGGER AS $$
BEGIN
    IF NEW.run_id IS NOT NULL THEN
        IF NOT EXISTS (
            SELECT 1 FROM workshop_runs wr
            WHERE wr.id = NEW.run_id
            AND wr.workshop_id = NEW.workshop_id
        ) THEN
            RAISE EXCEPTION 'run_id % does not belong to workshop %', NEW.run_id, NEW.workshop_id;
        END IF;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
"""


@pytest.fixture
def orphans(market: Market) -> UUID:
    """A workshop with two sessions that have no run."""
    workshop = market.workshop(title_ar="فخار")
    for day in ("2027-01-04", "2027-01-06"):
        market.session(workshop, day=day)
    return workshop


def test_create_default_runs_and_update_sessions(market: Market, orphans: UUID) -> None:
    market.conn.execute(CREATE_DEFAULT_RUNS)
    market.conn.execute(UPDATE_SESSIONS)
    assert market.row("select run_name, run_name_ar, start_date::text, end_date::text, status from workshop_runs") == {
        "run_name": "Default Run - Pottery",
        "run_name_ar": "الدورة الافتراضية - فخار",
        "start_date": "2027-01-04",
        "end_date": "2027-01-06",
        "status": "upcoming",
    }
    assert market.one("select count(*) from workshop_sessions where run_id is not null") == 2


def test_get_next_available_session_query(market: Market, orphans: UUID) -> None:
    query = """
        SELECT ws.id FROM workshop_sessions ws
        WHERE ws.workshop_id = $1
        AND ws.run_id IS NOT NULL
        AND EXISTS (SELECT 1 FROM workshop_runs wr WHERE wr.id = ws.run_id)
    """
    cursor = psycopg.RawCursor(market.conn)
    assert cursor.execute(query, [str(orphans)]).fetchall() == []
    market.conn.execute("select ensure_default_workshop_run(%s)", [orphans])
    assert len(cursor.execute(query, [str(orphans)]).fetchall()) == 2


def test_get_the_run_id_for_a_session(market: Market, orphans: UUID) -> None:
    run = market.one("select ensure_default_workshop_run(%s)", orphans)
    session = market.one("select id from workshop_sessions limit 1")
    cursor = psycopg.RawCursor(market.conn)
    rows = cursor.execute("SELECT run_id FROM workshop_sessions WHERE id = $1", [str(session)]).fetchall()
    assert rows == [(run,)]


def test_validate_session_run_id_replaces_ours_and_still_refuses(market: Market, orphans: UUID) -> None:
    run = market.run(market.workshop("Glazing"))
    market.conn.execute(VALIDATE_SESSION_RUN_ID)
    with pytest.raises(errors.RaiseException) as error:
        market.conn.execute("update workshop_sessions set run_id = %s", [run])
    assert error.value.diag.message_primary == f"run_id {run} does not belong to workshop {orphans}"
