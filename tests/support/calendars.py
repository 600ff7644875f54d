"""Feeds as another library reads them."""

from __future__ import annotations

from typing import Any

from icalendar import Calendar


def events(text: str) -> list[dict[str, Any]]:
    """Its events, each as the facts that people see; the lines are held to the standard first."""
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    calendar = Calendar.from_ical(text)
    assert (calendar["version"], calendar.errors) == ("2.0", [])
    found = []
    for event in calendar.walk("VEVENT"):
        assert event.errors == []
        found.append(
            {
                "uid": str(event["uid"]),
                "sequence": int(event["sequence"]),
                "status": str(event["status"]),
                "summary": str(event["summary"]),
                "location": str(event["location"]) if "location" in event else None,
                "description": str(event["description"]) if "description" in event else None,
                "start": event.decoded("dtstart"),
                "end": event.decoded("dtend"),
            }
        )
    return found
