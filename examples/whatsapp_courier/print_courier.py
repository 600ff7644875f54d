"""Prints reminders instead of sending them: no account needed."""

from courier import Reminder, Send, main
from wording import local_start

SAID = {"starts_soon": "starts", "alarm": "starts", "changed": "now starts", "cancelled": "does not take place:"}


def send(reminder: Reminder) -> None:
    """Prints what the student would read."""
    message = reminder.message
    tutor = f" with {message['tutor']}" if message["tutor"] else ""
    text = f"{message['student']}, {message['course']}{tutor} {SAID[reminder.kind]} {local_start(message)}"
    print(f"{reminder.recipient}: {' '.join(text.split())}", flush=True)


def make_send() -> Send:
    """How this courier sends."""
    return send


if __name__ == "__main__":
    main(make_send, "Prints reminders that are due, and marks them as sent.")
