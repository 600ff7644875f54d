"""Prints reminders instead of sending them, without names and numbers: no account needed."""

from courier import Reminder, Send, main
from wording import local_start

SAID = {"starts_soon": "starts", "alarm": "starts", "changed": "now starts", "cancelled": "does not take place:"}


def send(reminder: Reminder) -> None:
    """Prints the message without the student's name and number, because logs keep what is printed."""
    text = f"{reminder.message['course']} {SAID[reminder.kind]} {local_start(reminder.message)}"
    print(f"reminder {reminder.id}: {' '.join(text.split())}", flush=True)


def make_send() -> Send:
    """How this courier sends."""
    return send


if __name__ == "__main__":
    main(make_send, "Prints reminders that are due, and marks them as sent.")
