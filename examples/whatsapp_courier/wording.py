"""The text of messages, for every courier."""

import datetime
from typing import Any


def local_start(message: dict[str, Any]) -> str:
    """When the session starts, as its student reads it: local day and time, with the zone.

    Args:
        message: of a reminder.

    Returns:
        Such as "Sat 31 Jan, 14:00 (Asia/Kuwait)".
    """
    day = datetime.date.fromisoformat(message["session_date"])
    # Without the locale: a template speaks one language, the server's locale another.
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[day.month - 1]
    return f"{weekday} {day.day} {month}, {message['start_time'][:5]} ({message['timezone']})"


def words(message: dict[str, Any]) -> list[str]:
    """What the templates have places for: student, course, tutor, start, place.

    Args:
        message: of a reminder.

    Returns:
        Five texts without line breaks, tabs or runs of spaces, which no parameter may hold.
    """
    said = (
        message["student"],
        message["course"],
        message["tutor"] or "your tutor",
        local_start(message),
        message["location"] or message["session_mode"] or "online",
    )
    return [" ".join(str(word).split()) for word in said]
