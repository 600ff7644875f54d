"""`python -m bench [NAME…]`: runs scenarios and writes bench/RESULTS.md."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

import psycopg

from bench import report
from bench.binaries import Missing
from bench.database import Lab
from bench.measure import Options
from bench.pgbench import Failed
from bench.scenarios import SCENARIOS
from bench.server import chosen_server

RESULTS = Path(__file__).parent / "RESULTS.md"
# Short turns: on a shared machine a slow spell then hits both sides of a pair.
PAIRS = 9
SECONDS = 3.0


def main() -> int:
    """Runs what the arguments name."""
    arguments = _arguments()
    options = Options(arguments.pairs, arguments.seconds, arguments.quick)
    names = [name for name in SCENARIOS if not arguments.names or name in arguments.names]
    # The server goes on SIGTERM too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with chosen_server() as dsn:
            sections = _measure(dsn, names, options)
    except (Missing, Failed, psycopg.Error) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if options.quick:
        print("A quick run says whether the harness works; it is not written down.")
    else:
        report.write(RESULTS, list(SCENARIOS), sections)
    return 0


def _measure(dsn: str, names: list[str], options: Options) -> dict[str, str]:
    measured_on = report.facts(dsn)
    lab = Lab(dsn)
    sections = {}
    with lab.template():
        for name in names:
            scenario = SCENARIOS[name]
            begun = time.monotonic()
            findings = scenario.run(lab, options)
            command = f"python -m bench {name} --pairs {options.pairs} --seconds {options.seconds:g}"
            sections[name] = report.section(name, scenario.TITLE, scenario.ABOUT, command, measured_on, findings)
            print(sections[name], f"({time.monotonic() - begun:.0f} s)\n", sep="\n", flush=True)
    return sections


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures the package beside plain SQL, side by side in one run, and writes bench/RESULTS.md.",
        epilog="SESSIONBOOK_BENCH_DSN names a server and a superuser; otherwise one is made from installed binaries.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(SCENARIOS)} (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="small and short, to see that it works; nothing is written"
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
