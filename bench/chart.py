"""The chart of RESULTS.md: every comparison of throughput as a dot, by how it compares with the other side."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bench.conclusions import Row, rows

LEFT, WIDTH, LINE, TOP = 120, 600, 26, 44
MOST = 2.0
INK, GRID, MET, MISSED = "#333", "#ccc", "#2a6f97", "#c1121f"


def draw(sections: Mapping[str, str]) -> str:
    """Draws a line a scenario, from 0 to twice as fast; what is beyond stands at the edge.

    Args:
        sections: name of a scenario to its section.

    Returns:
        SVG.
    """
    lines = {name: [row for row in rows(section) if row.unit == "s"] for name, section in sections.items()}
    lines = {name: found for name, found in lines.items() if found}
    height = TOP + LINE * len(lines) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} {height}" font-family="sans-serif"'
        f' font-size="12" fill="{INK}">',
        f'<rect width="100%" height="{height}" fill="#fff"/>',
        '<text x="10" y="18">Throughput beside the other side of each comparison: 1 is as fast, right is faster.'
        " Red: misses its target.</text>",
    ]
    for tick in (0, 0.5, 1, 1.5, 2):
        parts.append(
            f'<line x1="{_x(tick)}" x2="{_x(tick)}" y1="{TOP - 10}" y2="{height - 16}"'
            f' stroke="{INK if tick == 1 else GRID}"/><text x="{_x(tick)}" y="{height - 4}"'
            f' text-anchor="middle">{"≥ " if tick == MOST else ""}{tick:g}</text>'
        )
    for place, (name, found) in enumerate(lines.items()):
        y = TOP + LINE * place + 6
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        parts += [_dot(row, y) for row in found]
    return "\n".join([*parts, "</svg>\n"])


def _dot(row: Row, y: float) -> str:
    colour = MISSED if row.is_missed else MET
    return (
        f'<g stroke="{colour}" fill="{colour}"><title>{escape(row.what)}: {row.ratio:.2f}</title>'
        f'<line x1="{_x(row.least)}" x2="{_x(row.most)}" y1="{y}" y2="{y}" stroke-opacity="0.25" stroke-width="3"/>'
        f'<circle cx="{_x(row.ratio)}" cy="{y}" r="4" fill-opacity="0.7"/></g>'
    )


def _x(ratio: float) -> float:
    return round(LEFT + WIDTH * min(ratio, MOST) / MOST, 1)
