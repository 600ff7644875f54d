"""What a tick reads that finds nothing to do."""

from __future__ import annotations

import pytest

from support.school import School

# Messages of long ago: a plan that knows no time takes a third of all for those of sessions to come.
SENT = """\
insert into reminders (
    session_id, student_id, kind, recipient, message, due_at, for_starts_at, state, queued_at, settled_at
)
select s.id, %s, 'starts_soon', '+96555550000', '{}', s.starts_at, s.starts_at, 'sent', s.starts_at, s.starts_at
from sessions as s
where s.starts_at < '2026-12-31'"""
READ = """\
select coalesce(sum(t.seq_tup_read + t.idx_tup_fetch), 0)::integer
from pg_catalog.pg_stat_xact_user_tables as t
where t.schemaname = 'tutoring'"""


@pytest.fixture
def told(school: School) -> School:
    """Fifty lessons within the hour, whose students were reminded."""
    school.many(50)
    school.at("2027-01-04 09:30+00")
    school.advance("2027-01-04 09:30+00")
    while claimed := school.claim(limit=50):
        school.conn.execute("select complete_reminders(%s, 'courier')", [[reminder["id"] for reminder in claimed]])
    return school


def read_by_asking(school: School) -> int:
    """How many rows of tables the question reads whether there is work; there is none."""
    school.conn.execute("analyze")
    with school.conn.transaction():
        before = school.one(READ)
        assert school.one("select has_work('2027-01-04 09:31+00')") is False
        return school.one(READ) - before


def test_other_lessons_are_not_read(told: School) -> None:
    """However many there are, and however many messages were sent about them."""
    before = read_by_asking(told)
    told.many(3000, day="2026-12-01")
    while told.advance("2027-01-04 09:30+00"):
        pass
    told.conn.execute(SENT, [told.student])
    assert read_by_asking(told) <= before + 50
