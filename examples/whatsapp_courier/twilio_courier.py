"""Sends reminders as WhatsApp messages through Twilio."""

import json
import os
import re
from typing import Any

import httpx

from courier import AccountError, Refused, Reminder, Send, SlowDown, Unsent, main, retry_after
from wording import words

BASE_URL = "https://api.twilio.com"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
WITHOUT_RETRY_AFTER = 60.0

# https://www.twilio.com/docs/api/errors
TOO_MANY = {14107, 20429, 63018}
# Sign-in, permission, a sender or a template that is not there: the same for every message.
ACCOUNT = {20003, 20005, 20008, 20404, 21212, 21603, 21606, 21656, 63007, 63016, 63027}


class Twilio:
    """One WhatsApp sender of a Twilio account.

    Args:
        account: the account's SID.
        token: its auth token.
        sender: number of the sender, in international form.
        templates: SIDs of content templates by kind; their variables 1 to 5: student, course, tutor, start, place.
        base_url: where the API is.
        answer_seconds: how long to wait for an answer.
    """

    def __init__(
        self,
        account: str,
        token: str,
        sender: str,
        templates: dict[str, str],
        *,
        base_url: str = BASE_URL,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        self._sender = _address(sender)
        self._templates = templates
        self._client = httpx.Client(
            auth=(account, token),
            timeout=httpx.Timeout(answer_seconds, connect=min(CONNECT_SECONDS, answer_seconds)),
        )

    def __call__(self, reminder: Reminder) -> None:
        """Sends a reminder; returning means that Twilio has queued it.

        Args:
            reminder: what to send.

        Raises:
            Refused: this message will never be accepted.
            Unsent: not accepted now, or no answer, in which case it may have been accepted all the same.
            SlowDown: too many messages.
            AccountError: account, sender or template are not in order.
        """
        variables = {str(place): word for place, word in enumerate(words(reminder.message), start=1)}
        form = {
            "To": _address(reminder.recipient),
            "From": self._sender,
            "ContentSid": self._templates[reminder.kind],
            "ContentVariables": json.dumps(variables, ensure_ascii=False),
        }
        try:
            response = self._client.post(self._url, data=form)
        except httpx.TimeoutException as error:
            raise Unsent(f"no answer in time ({type(error).__name__})") from error
        except httpx.RequestError as error:
            raise Unsent(f"no connection to the API: {error}") from error
        if not response.is_success:
            raise _failure(response)


def _address(number: str) -> str:
    """As Twilio wants it: no spaces, brackets or dashes."""
    return "whatsapp:+" + re.sub(r"\D", "", number).removeprefix("00")


def _failure(response: httpx.Response) -> Exception:
    """What an answer other than 2xx means."""
    status = response.status_code
    answer: dict[str, Any] | None
    try:
        answer = response.json()
        code, text = int(answer["code"]), f"{status}: {answer['message']} ({answer['code']})"
    except (ValueError, TypeError, KeyError):
        answer, code, text = None, -1, f"{status}: {' '.join(response.text.split())[:200]}"
    wait = retry_after(response.headers.get("Retry-After", ""))
    if status == 429 or code in TOO_MANY:
        return SlowDown(text, WITHOUT_RETRY_AFTER if wait is None else wait)
    if status >= 500 or status == 408:
        return Unsent(text, wait)
    if status in (401, 403) or code in ACCOUNT:
        return AccountError(f"Twilio refuses this account, sender or template: {text}")
    if answer is None:
        return AccountError(f"this is not an answer of the API, is TWILIO_BASE_URL right? {text}")
    return Refused(text)


def make_send() -> Send:
    """The account that the environment names."""
    names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM", "TWILIO_CONTENT_SID")
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise AccountError(f"set {' and '.join(missing)}; print_courier.py needs no account")
    account, token, sender, template = (os.environ[name].strip() for name in names)
    templates = {
        "starts_soon": template,
        "alarm": template,
        "changed": os.environ.get("TWILIO_CONTENT_SID_CHANGED", ""),
        "cancelled": os.environ.get("TWILIO_CONTENT_SID_CANCELLED", ""),
    }
    if not all(templates.values()):
        # A cancellation in the words of a reminder would say the opposite.
        raise AccountError("set TWILIO_CONTENT_SID_CHANGED and TWILIO_CONTENT_SID_CANCELLED")
    base_url = os.environ.get("TWILIO_BASE_URL", BASE_URL)
    return Twilio(account, token, sender, templates, base_url=base_url)


if __name__ == "__main__":
    main(make_send, "Sends reminders that are due as WhatsApp messages through Twilio.")
