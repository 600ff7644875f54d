"""The rows of the shop, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

OFFER_VALID_FOR = timedelta(hours=4)
# Of one seat.
PRICE = Decimal(10)
# Of one seat in a whole run, so that it does not divide by the sessions.
RUN_PRICE = Decimal("10.001")
LIVE = ("upcoming", "active", "full")
MOVES = {("pending", "paid"), ("pending", "cancelled"), ("paid", "cancelled"), ("paid", "refunded")}


class Refused(Exception):
    """The call has to be refused, with one of these keys: each names a reason that holds."""

    def __init__(self, *keys: str) -> None:
        self.keys = set(keys)


def refuse(reasons: dict[str, bool]) -> None:
    """Raises Refused where any reason holds."""
    if any(reasons.values()):
        raise Refused(*(key for key, holds in reasons.items() if holds))


def shares(price: Decimal, seats: int, parts: int) -> list[Decimal]:
    """What seats in a whole run cost, a session each: alike, the first has what does not divide."""
    total = price * seats
    share = (total / parts).quantize(Decimal("0.001"), ROUND_DOWN)
    return [total - share * (parts - 1), *[share] * (parts - 1)]


def rounded(amount: Decimal) -> Decimal:
    """To thousandths, as PostgreSQL rounds."""
    return amount.quantize(Decimal("0.001"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Student:
    """Who books; one of the two is enough to be known by."""

    email: str | None
    phone: str | None

    def is_same(self, other: Student) -> bool:
        if self.email is not None and other.email is not None:
            return self.email.lower() == other.email.lower()
        return self.phone is not None and self.phone == other.phone

    @property
    def as_asked(self) -> tuple[str | None, str | None]:
        """What a key stands for."""
        return self.email and self.email.lower(), self.phone


@dataclass
class Run:
    price: Decimal
    id: Any = None


@dataclass
class Session:
    run: int
    starts: datetime
    over: datetime
    capacity: int
    opens: datetime | None = None
    closes: datetime | None = None
    cancel_until: datetime | None = None
    number: int = 1
    status: str = "upcoming"
    counter: int = 0
    id: Any = None


@dataclass
class Enrollment:
    session: int
    order: int | None
    student: Student
    seats: int
    price: Decimal
    status: str
    expires: datetime | None = None
    # The run that it was booked with, as a whole.
    run: int | None = None
    marks: dict[date, bool] = field(default_factory=dict)
    completion: str = "enrolled"
    id: Any = None

    @property
    def counts(self) -> bool:
        """In the counter."""
        return self.status in ("successful", "pending")


@dataclass
class Entry:
    """Of a session, or of a run; an offer of a run has one of each of its sessions besides."""

    session: int | None
    run: int | None
    student: Student
    seats: int
    priority: int
    status: str = "waiting"
    expires: datetime | None = None
    enrollment: int | None = None
    # That of the run, if this one holds seats for it.
    parent: int | None = None
    # Closed by the clock and not by a person.
    by_clock: bool = False
    id: Any = None


@dataclass
class Order:
    expires: datetime | None
    request: Any
    status: str = "pending"
    paid: Decimal = Decimal(0)
    payments: list[Decimal] = field(default_factory=list)
    id: Any = None
