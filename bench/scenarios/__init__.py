"""What is measured, one module a scenario: TITLE, ABOUT and run(). Named here in the order of the report."""

from typing import cast

from bench.measure import Scenario
from bench.scenarios import availability, claims, clone, columns, enroll, growth, idle, orders, seat, tick

SCENARIOS: dict[str, Scenario] = {
    module.__name__.rpartition(".")[2]: cast(Scenario, module)
    for module in (seat, enroll, orders, growth, availability, clone, columns, tick, idle, claims)
}
