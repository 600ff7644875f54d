"""`python -m bench [NAME…]`: runs scenarios, says on stderr how far it is, and writes bench/RESULTS.md."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

import psycopg

from bench import going_on_sale, others, report
from bench.binaries import Missing
from bench.database import Lab
from bench.measure import Options
from bench.pgbench import Failed
from bench.scenarios import QUICK, SCENARIOS
from bench.server import chosen_server

RESULTS = Path(__file__).parent / "RESULTS.md"
# What fewer pairs or shorter turns say must not take the place of what was measured in full.
SHORT = Path(__file__).parents[1] / "build" / "bench" / "RESULTS.md"
# Short turns: on a shared machine a slow spell then hits both sides of a pair.
PAIRS = 5
SECONDS = 2.0


def main() -> int:
    """Runs what the arguments name."""
    arguments = _arguments()
    options = Options(arguments.pairs, arguments.seconds, arguments.quick)
    chosen = arguments.names or (QUICK if options.quick else SCENARIOS)
    names = [name for name in SCENARIOS if name in chosen]
    # The server goes on SIGTERM too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with chosen_server() as dsn:
            sections = _measure(dsn, names, options)
    except (Missing, Failed, psycopg.Error) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    is_short = options.quick or options.pairs < PAIRS or options.seconds < SECONDS
    path = SHORT if is_short else RESULTS
    written = report.write(path, list(SCENARIOS), sections)
    if path == RESULTS:
        going_on_sale.write(written)
    print(f"written to {path}", file=sys.stderr)
    return 0


def _measure(dsn: str, names: list[str], options: Options) -> dict[str, str]:
    facts = report.facts(dsn)
    lab = Lab(dsn)
    sections = {}
    print("making the databases", file=sys.stderr, flush=True)
    with lab.template():
        before = others.busy_cores()
        for place, name in enumerate(names, start=1):
            scenario = SCENARIOS[name]
            begun = time.monotonic()
            print(f"{place} of {len(names)}, {name}: {scenario.TITLE}", file=sys.stderr, flush=True)
            findings = scenario.run(lab, options)
            command = f"python -m bench {name} --pairs {options.pairs} --seconds {options.seconds:g}"
            after = others.busy_cores()
            measured_on = f"{facts}; {others.said(before, after)}"
            before = after
            sections[name] = report.section(name, scenario.TITLE, scenario.ABOUT, command, measured_on, findings)
            print(sections[name], f"({time.monotonic() - begun:.0f} s)\n", sep="\n", flush=True)
    return sections


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures the package beside plain SQL, side by side in one run, and writes bench/RESULTS.md."
        " A run of fewer pairs or seconds than the default goes to build/bench/RESULTS.md.",
        epilog="SESSIONBOOK_BENCH_DSN names a server and a superuser; otherwise one is made from installed binaries.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(SCENARIOS)} (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help=f"small and short, in about two minutes; of no NAME: {', '.join(QUICK)}"
    )
    parser.add_argument("--pairs", type=int, help=f"pairs a comparison (default {PAIRS})")
    parser.add_argument("--seconds", type=float, help=f"seconds a side of a pair (default {SECONDS:g})")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    arguments.pairs = arguments.pairs or (2 if arguments.quick else PAIRS)
    arguments.seconds = arguments.seconds or (1 if arguments.quick else SECONDS)
    return arguments


if __name__ == "__main__":
    sys.exit(main())
