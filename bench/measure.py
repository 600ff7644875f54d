"""Comparisons of two sides in interleaved pairs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal, Protocol

from bench.database import Lab
from bench.pgbench import Sample

Unit = Literal["tps", "ms"]


@dataclass(frozen=True)
class Options:
    """How long to measure."""

    pairs: int
    seconds: float
    quick: bool


@dataclass(frozen=True)
class Comparison:
    """One line of results: what was measured, on both sides, pair by pair."""

    what: str
    unit: Unit
    pairs: list[tuple[Sample, Sample]]
    target: float | None = None
    """Lowest ratio of throughput, or highest ratio of latency, that is good enough."""
    ceiling_ms: float | None = None
    """Highest latency of the first side that is good enough."""

    def medians(self) -> tuple[float, float]:
        """Medians of the first and of the second side."""
        return median(self._figure(a) for a, _ in self.pairs), median(self._figure(b) for _, b in self.pairs)

    def ratios(self) -> list[float]:
        """First side by second, pair by pair, in order of size."""
        return sorted(self._figure(a) / self._figure(b) for a, b in self.pairs)

    def ratio(self) -> float:
        """Median of the ratios."""
        return median(self.ratios())

    def met(self) -> bool:
        """Whether the medians reach the targets."""
        if self.ceiling_ms is not None and self.medians()[0] > self.ceiling_ms:
            return False
        if self.target is None:
            return True
        return self.ratio() >= self.target if self.unit == "tps" else self.ratio() <= self.target

    def _figure(self, sample: Sample) -> float:
        return sample.per_second if self.unit == "tps" else sample.latency_ms


@dataclass
class Findings:
    """What a scenario found."""

    sides: tuple[str, str]
    comparisons: list[Comparison] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Scenario(Protocol):
    """A module of bench.scenarios."""

    TITLE: str
    ABOUT: str

    def run(self, lab: Lab, options: Options) -> Findings:
        """Measures."""


def in_pairs(
    count: int, first: Callable[[], Sample], second: Callable[[], Sample], before: Callable[[], None]
) -> list[tuple[Sample, Sample]]:
    """Measures both sides in turn: A B A B, so that a slow minute of the machine hits both.

    Args:
        count: pairs.
        first: measures one side once.
        second: measures the other.
        before: brings both sides into the same state; called before each pair.

    Returns:
        The pairs.
    """
    return [(a, b) for a, b in in_turn(count, [first, second], before)]


def in_turn(count: int, sides: Sequence[Callable[[], Sample]], before: Callable[[], None]) -> list[list[Sample]]:
    """As in_pairs(), for any number of sides."""
    turns = []
    for number in range(1, count + 1):
        before()
        turns.append([side() for side in sides])
        figures = ", ".join(f"{side.per_second:,.0f}/s ({side.latency_ms:.3f} ms)" for side in turns[-1])
        print(f"  turn {number} of {count}: {figures}", file=sys.stderr, flush=True)
    return turns
