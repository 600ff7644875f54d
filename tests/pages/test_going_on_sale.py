"""docs/going-on-sale.md and the head of bench/RESULTS.md say what was measured."""

from __future__ import annotations

from pathlib import Path

from bench import going_on_sale, report
from bench.chart import draw
from bench.conclusions import conclude, rows
from support.sources import ROOT

RESULTS = ROOT / "bench" / "RESULTS.md"


def test_the_figures_of_the_page_are_those_of_the_results() -> None:
    table = going_on_sale.table(report.read(RESULTS))
    assert "people who enroll in one session, 64 at a time" in table
    assert table in going_on_sale.PAGE.read_text()


def test_every_line_of_the_results_is_read() -> None:
    """None is left out of the conclusions and of the chart because it is written in another way."""
    sections = report.read(RESULTS)
    lines = [line for line in RESULTS.read_text().splitlines() if line.endswith((": met |", "missed** |", "| none |"))]
    assert sum(len(rows(section)) for section in sections.values()) == len(lines) > 50
    assert conclude(sections) in RESULTS.read_text()
    assert draw(sections) == RESULTS.with_suffix(".svg").read_text()


def test_a_section_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    first, second = (
        f"## {name}: of one thing\n\n| one session, 16 clients | {figure}/s | 9/s | 0.50 (0.40 to 0.60) | none |\n"
        for name, figure in (("seat", "1,234"), ("seat", "5,678"))
    )
    other = "## tick: of another\n"
    path = tmp_path / "RESULTS.md"
    for written in ({"seat": first, "tick": other}, {"seat": second}):
        sections = report.write(path, ["seat", "tick"], written)
    assert sections == {"seat": second, "tick": other}
    assert {name: text.rstrip() for name, text in report.read(path).items()} == {
        name: text.rstrip() for name, text in sections.items()
    }
    assert [row.first for row in rows(sections["seat"])] == ["5,678"]
    assert path.read_text().count("## ") == 2
