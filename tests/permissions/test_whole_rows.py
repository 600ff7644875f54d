"""Writers of whole rows, as ORMs are: what they read they may write back, in every table that a writer may write."""

from __future__ import annotations

from importlib.resources import files

import psycopg
import pytest
from psycopg import sql

from support.connect import Connect

# What the demo leaves empty.
MORE = {
    "workshop": "select create_order(x.creator_id, 'Noor', '+96599999999',"
    " jsonb_build_array(jsonb_build_object('session_id', x.session_id)))"
    " from sessions_on_sale(lifecycle.now()) as x limit 1",
    "tutoring": "insert into whiteboard_sessions (session_name) values ('Board')",
    "training": "insert into availability_rules (trainer_id, weekday, start_time, end_time, timezone)"
    " select t.id, 1, '00:15', '24:00', 'Africa/Cairo' from trainers as t limit 1;"
    " insert into absences (starts_at, ends_at) values ('2030-01-01', '2030-01-02')",
}


@pytest.mark.parametrize("unit", MORE)
def test_every_row_is_written_back_as_it_is(connect: Connect, unit: str) -> None:
    owner = connect()
    owner.execute(sql.SQL("set search_path = {}").format(sql.Identifier(unit)))
    owner.execute(files("sessionbook.demo").joinpath(f"{unit}.sql").read_text(encoding="utf-8").encode())
    owner.execute(MORE[unit].encode())
    owner.execute("select set_config('lifecycle.fake_now', '', false)")
    writer = connect(role="sessionbook_writer")
    tables = _values(
        owner,
        "select c.oid::regclass::text from pg_class as c where c.relnamespace = current_schema::regnamespace"
        " and c.relkind = 'r' and has_table_privilege('sessionbook_writer', c.oid, 'insert, update') order by 1",
    )
    assert len(tables) >= 5
    for table in tables:
        name, columns = sql.Identifier(unit, table), _columns(owner, table, "true")
        key = _columns(owner, table, "a.attnum = any(select unnest(i.indkey) from pg_index as i where i.indisprimary"
                       " and i.indrelid = a.attrelid)")  # fmt: skip
        rows = sql.SQL("select to_jsonb(t)::text from {} as t order by 1").format(name)
        before = _values(owner, rows)
        assert before, table
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        same = sql.SQL(" and ").join(sql.SQL("o.{0} = t.{0}").format(sql.Identifier(column)) for column in key)
        writer.execute(
            sql.SQL("update {0} as t set ({1}) = (select {1} from {0} as o where {2})").format(name, listed, same)
        )
        assert _values(owner, rows) == before, table


def _values(conn: psycopg.Connection, query: str | sql.Composed) -> list[str]:
    return [row[0] for row in conn.execute(query.encode() if isinstance(query, str) else query)]


def _columns(conn: psycopg.Connection, table: str, condition: str) -> list[str]:
    return _values(
        conn,
        f"select a.attname from pg_attribute as a where a.attrelid = '{table}'::regclass and a.attnum > 0"
        f" and not a.attisdropped and {condition} order by a.attnum",
    )
