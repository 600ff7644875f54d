"""Any calls in any order, alone, rolled back, or meeting an open transaction: the database does what the shop does."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from support.connect import Connect
from support.seat_machine.machine import ids, value
from support.seat_machine.orders import Orders
from support.seat_machine.promises import Promises
from support.seat_machine.sessions import Sessions
from support.seat_machine.waiting import Waiting

# The nightly run plays more; a CI of several servers spreads them.
EXAMPLES = int(os.environ.get("SESSIONBOOK_EXAMPLES", "100"))
STEPS = 60


class SeatMachine(Waiting, Orders, Sessions, Promises):
    """All that may happen in a shop."""


# A failure is shrunk for minutes before it is shown; the usual time-out would cut that off and hide it.
@pytest.mark.timeout(7200)
def test_database_and_shop_agree_whatever_is_called(connect: Connect) -> None:
    conns = {name: connect(autocommit=name == "watch") for name in ("conn", "other", "watch")}
    for conn in conns.values():
        conn.execute("set search_path = workshop")
        # Read by every step: what is new to the planner is not worth a plan of its own.
        conn.execute("set plan_cache_mode = force_generic_plan")
        if not conn.autocommit:
            conn.commit()
    watch = conns["watch"]
    # Which session of a run comes first must be the same when an example is played again.
    watch.execute("create sequence public.keys")
    for table in ("workshop_sessions", "workshop_runs", "enrollments", "orders", "order_items", "waitlist_entries"):
        watch.execute(
            f"alter table {table} alter column id set default lpad(to_hex(nextval('public.keys')), 32, '0')::uuid"
        )
    names = ids(watch, "select relname from pg_class where relnamespace = 'workshop'::regnamespace and relkind = 'r'")
    # All but settings and rules.
    tables = [name for name in names if value(watch, f"select count(*) from {name}") == 0]
    machine = type("SeatMachine", (SeatMachine,), {**conns, "tables": tables})
    if "CI" in os.environ:
        # The same each time, and others on each server.
        machine = seed(os.environ.get("SESSIONBOOK_SHARE", ""))(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
