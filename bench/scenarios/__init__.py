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
    idle,
    picker,
    publish,
    seat,
    tick,
)

SCENARIOS: dict[str, Scenario] = {
    module.__name__.rpartition(".")[2]: cast(Scenario, module)
    for module in (seat, availability, clone, columns, tick, idle, claims, publish, contention, constraints, picker)
}
