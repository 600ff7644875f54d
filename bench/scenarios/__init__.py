"""What is measured, one module a scenario: TITLE, ABOUT and run(). Named here in the order of the report."""

from typing import cast

from bench.measure import Scenario
from bench.scenarios import (
    availability,
    claims,
    clone,
    columns,
    constraints,
    contention,
    earlier,
    enroll,
    events,
    growth,
    history,
    idle,
    orders,
    pages,
    peers,
    picker,
    publish,
    runs,
    seat,
    slots,
    tick,
    upgrade,
)

WORKSHOP = (seat, enroll, events, runs, orders, growth, history, availability, clone, columns, upgrade, pages)
CLOCK = (tick, idle, claims)
TRAINING = (publish, contention, constraints, picker, slots)

BESIDE = (earlier, peers)

# One of each kind, for a first look.
QUICK = ("seat", "enroll", "orders", "idle", "claims", "publish")

SCENARIOS: dict[str, Scenario] = {
    module.__name__.rpartition(".")[2]: cast(Scenario, module) for module in (*WORKSHOP, *CLOCK, *TRAINING, *BESIDE)
}
