"""The hot paths beside those of an earlier commit."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sessionbook.deploy import apply

from bench.database import UNITS, Database, Lab
from bench.measure import Comparison, Findings, Options, Unit, in_pairs
from bench.pgbench import Sample
from bench.scenarios.enroll import ENROLL, enroll
from bench.scenarios.idle import CEILING_MS, first_ticks
from bench.scenarios.orders import CREATE_ORDER, CREATORS, SESSIONS_EACH, fill_orders, order, settle

TITLE = "the hot paths beside those of an earlier commit"
ABOUT = """
Two databases on one server: in one the package as it is, in the other as the commit in `SESSIONBOOK_BENCH_EARLIER`
(default 9afeb56) had it, applied by that commit's own deployer. Both have the same rows. A tick that finds nothing
due in the three units, on a connection that has done it before and as the first statement of a new one; `enroll()` and
`create_order()` as in their own scenarios, in 1,000 sessions.
"""
COMMIT = "9afeb56"
APPLY = "import sys; from sessionbook.deploy import apply; apply(sys.argv[1], units=sys.argv[2:], roles=False)"
NOT_SLOWER = 1.0
FIRST_TICK = 0.7
SESSIONS = 2 * CREATORS * SESSIONS_EACH


def run(lab: Lab, options: Options) -> Findings:
    """Measures an idle tick, enrolling and ordering."""
    findings = Findings(("now", "earlier"))
    with ExitStack() as stack:
        now, earlier = sides = [stack.enter_context(lab.empty(name)) for name in ("now", "earlier")]
        apply(now.dsn, units=list(UNITS), roles=False)
        with _checkout(os.environ.get("SESSIONBOOK_BENCH_EARLIER", COMMIT)) as path:
            command = [sys.executable, "-c", APPLY, earlier.dsn, *UNITS]
            subprocess.run(command, env={**os.environ, "PYTHONPATH": str(path)}, check=True)
        for side in sides:
            clocks = side.value("select count(*) from lifecycle.clocks")
            assert clocks == len(UNITS), f"the clock moves {clocks} installations"
            fill_orders(side, 20 if options.quick else 200)
        calls = 20 if options.quick else 200

        def compare(
            what: str,
            measure: Callable[[Database], Sample],
            unit: Unit = "tps",
            target: float = NOT_SLOWER,
            ceiling_ms: float | None = None,
        ) -> None:
            pairs = in_pairs(options.pairs, lambda: measure(now), lambda: measure(earlier), settle_both)
            findings.comparisons.append(Comparison(what, unit, pairs, target, ceiling_ms))

        def settle_both() -> None:
            for side in sides:
                settle(side)
                side.run("vacuum (analyze) lifecycle.clocks, lifecycle.ticks;\n")

        compare(
            "idle run_tick()",
            lambda side: side.pgbench("call lifecycle.run_tick();\n", search_path="", transactions=calls),
        )
        compare(
            "first run_tick() of a connection",
            lambda side: first_ticks(side, calls // 10),
            "ms",
            FIRST_TICK,
            CEILING_MS,
        )
        for clients in (1, 4, 16):
            label = f"{clients} client{'s' * (clients > 1)}"
            compare(
                f"enroll(), {label}",
                lambda side, c=clients: enroll(side, ENROLL, SESSIONS, c, options.seconds),  # type: ignore[misc]
            )
            compare(
                f"create_order(), {label}",
                lambda side, c=clients: order(side, CREATE_ORDER, c, options.seconds),  # type: ignore[misc]
            )
    return findings


@contextmanager
def _checkout(commit: str) -> Iterator[Path]:
    """A folder to import the package from, as it was at a commit."""
    root = Path(__file__).parents[2]
    packed = subprocess.run(["git", "archive", commit, "runner", "sql"], cwd=root, check=True, capture_output=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
        path = Path(folder)
        (path / "runner").rename(path / "sessionbook")
        yield path
