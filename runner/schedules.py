"""Schedules that pg_cron understands, checked more strictly than pg_cron does."""

import calendar
import re

from .errors import UsageError

Version = tuple[int, int]

_SECONDS_FROM: Version = (1, 5)
_LAST_DAY_FROM: Version = (1, 6)
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def every(seconds: float, version: Version) -> str:
    """The schedule that comes once in so many seconds.

    Args:
        seconds: whole seconds below a minute, whole minutes that divide an hour, or whole hours that divide a day.
        version: of pg_cron.

    Returns:
        A schedule for cron.schedule().

    Raises:
        UsageError: no such schedule, or this pg_cron is too old for it.
    """
    whole = int(seconds)
    if whole == seconds and 0 < whole < 60:
        if version < _SECONDS_FROM:
            raise UsageError(
                f"pg_cron {version[0]}.{version[1]} cannot run a job every {whole} seconds",
                hint="It can from 1.5 on; choose 1m, or run: sessionbook tick --every 10s",
            )
        return f"{whole} seconds"
    minutes = whole // 60
    if whole == seconds and whole % 60 == 0:
        if minutes == 1:
            return "* * * * *"
        if minutes < 60 and 60 % minutes == 0:
            return f"*/{minutes} * * * *"
        hours = minutes // 60
        if minutes % 60 == 0 and hours <= 24 and 24 % hours == 0:
            return "0 * * * *" if hours == 1 else "0 0 * * *" if hours == 24 else f"0 */{hours} * * *"
    raise UsageError(
        f"there is no schedule that comes every {seconds:g} seconds",
        hint="Take 1 to 59 seconds, minutes that divide an hour, or hours that divide a day.",
    )


def refuse_unsound(schedule: str, version: Version) -> None:
    """Refuses what pg_cron would take silently and never, or wrongly, run.

    Args:
        schedule: five fields, or `N seconds`.
        version: of pg_cron.

    Raises:
        UsageError: says which field is wrong.
    """
    if match := re.fullmatch(r"(\d+) seconds?", schedule):
        if not 1 <= int(match[1]) <= 59 or version < _SECONDS_FROM:
            raise _wrong(schedule, "seconds go from 1 to 59, from pg_cron 1.5 on")
        return
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        raise _wrong(schedule, f"it has {len(fields)} fields, not 5")
    days, months = set[int](), set[int]()
    for text, (name, low, high, names) in zip(fields, _FIELDS, strict=True):
        if name == "day of the month" and text == "$":
            if version < _LAST_DAY_FROM:
                raise _wrong(schedule, "$ for the last day needs pg_cron 1.6")
            continue
        values = set[int]()
        for part in text.split(","):
            values |= _values(schedule, part, name, low, high, names)
        if name == "day of the month":
            days = values
        elif name == "month":
            months = values
    if days and fields[4] == "*" and not any(day <= _LONGEST_MONTH[month - 1] for day in days for month in months):
        raise _wrong(schedule, "no such day in these months")


def _values(schedule: str, part: str, name: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    match = re.fullmatch(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?", part)
    if match is None:
        raise _wrong(schedule, f"{part!r} is no {name}")
    first = low if match[1] is None else _number(schedule, match[1], name, low, high, names)
    single = match[1] is not None and match[2] is None and match[3] is None
    last = first if single else high if match[2] is None else _number(schedule, match[2], name, low, high, names)
    step = int(match[3] or 1)
    if last < first or not 1 <= step <= max(high - low, 1):
        raise _wrong(schedule, f"{part!r} is no {name}")
    return set(range(first, last + 1, step))


def _number(schedule: str, text: str, name: str, low: int, high: int, names: dict[str, int]) -> int:
    value = names.get(text.lower())
    if value is None:
        value = int(text) if text.isdecimal() else -1
    if not low <= value <= high:
        raise _wrong(schedule, f"{text!r} is no {name}")
    return value


def _wrong(schedule: str, why: str) -> UsageError:
    return UsageError(f"not a schedule: {schedule!r}: {why}")
