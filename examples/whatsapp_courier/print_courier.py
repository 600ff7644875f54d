"""Prints reminders instead of sending them, without names and numbers: no account needed."""

from courier import Reminder, Send, main
from wording import local_start

SAID = {"starts_soon": "starts", "alarm": "starts", "changed": "now starts", "cancelled": "does not take place:"}


def send(reminder: Reminder) -> None:
    """Prints what the student would read; output ends in logs, so it does not say who."""
    text = f"{reminder.message['course']} {SAID[reminder.kind]} {local_start(reminder.message)}"
    print(f"reminder {reminder.id}: {' '.join(text.split())}", flush=True)


def make_send() -> Send:
    """How this courier sends."""
    return send


if __name__ == "__main__":
    main(make_send, "Prints reminders that are due, and marks them as sent.")
