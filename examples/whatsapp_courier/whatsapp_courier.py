"""Sends reminders as template messages through the WhatsApp Business Cloud API."""

import os
from typing import Any

import httpx

from courier import AccountError, Refused, Reminder, Send, SlowDown, Unsent, main, retry_after
from wording import words

BASE_URL = "https://graph.facebook.com"
API_VERSION = "v23.0"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
WITHOUT_RETRY_AFTER = 60.0

# By code, as Meta recommends: the HTTP status of one and the same error has changed over the years.
# https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
TOO_MANY = {4, 80007, 130429, 131048}
TOO_MANY_TO_THIS_NUMBER = {131056}
PASSING = {1, 2, 131000, 131016, 131057, 133004}
# Token, permission, policy, payment, the sending number, the template: the same for every message.
ACCOUNT = {0, 3, 10, 190, 368, 131005, 131031, 131042, 132001, 132015, 132016, 133010} | set(range(200, 300))
NO_SUCH_OBJECT = 33


class WhatsApp:
    """One sending number of a WhatsApp Business account.

    Args:
        token: access token of a system user with whatsapp_business_messaging.
        phone_number_id: id of the sending number, not the number.
        template: name of an approved template with five body parameters: student, course, tutor, start, location.
        changed: such a template for a lesson that is not as it was told.
        cancelled: such a template for a lesson that does not take place.
        language: language of the templates.
        version: version of the API.
        base_url: where the API is.
        answer_seconds: how long to wait for an answer.
    """

    def __init__(
        self,
        token: str,
        phone_number_id: str,
        *,
        template: str,
        changed: str = "session_changed",
        cancelled: str = "session_cancelled",
        language: str,
        version: str = API_VERSION,
        base_url: str = BASE_URL,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/{version}/{phone_number_id}/messages"
        self._templates = {"starts_soon": template, "alarm": template, "changed": changed, "cancelled": cancelled}
        self._language = language
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(answer_seconds, connect=min(CONNECT_SECONDS, answer_seconds)),
        )

    def __call__(self, reminder: Reminder) -> None:
        """Sends a reminder; returning means that the API accepted it.

        Args:
            reminder: what to send.

        Raises:
            Refused: this message will never be accepted.
            Unsent: not accepted now, or no answer, in which case it may have been accepted all the same.
            SlowDown: too many messages.
            AccountError: token, number or template are not in order.
        """
        try:
            response = self._client.post(self._url, json=self._body(reminder))
        except httpx.TimeoutException as error:
            raise Unsent(f"no answer in time ({type(error).__name__})") from error
        except httpx.RequestError as error:
            raise Unsent(f"no connection to the API: {error}") from error
        if not response.is_success:
            raise _failure(response)

    def _body(self, reminder: Reminder) -> dict[str, Any]:
        return {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": reminder.recipient,
            "type": "template",
            "template": {
                "name": self._templates[reminder.kind],
                "language": {"code": self._language},
                "components": [
                    {
                        "type": "body",
                        "parameters": [{"type": "text", "text": word} for word in words(reminder.message)],
                    }
                ],
            },
            # Comes back in every status webhook of this message. The API does not refuse a second message with the same
            # mark: it lets the application see one, it does not prevent it.
            "biz_opaque_callback_data": f"reminder:{reminder.id}",
        }


def _failure(response: httpx.Response) -> Exception:
    """What an answer other than 2xx means."""
    status = response.status_code
    try:
        answer = response.json()["error"]
        code, subcode = int(answer.get("code", -1)), answer.get("error_subcode")
        details = (answer.get("error_data") or {}).get("details")
        text = f"{status}: {answer.get('message')}{f' ({details})' if details else ''}"
    except (ValueError, TypeError, KeyError, AttributeError):
        answer, code, subcode = None, -1, None
        text = f"{status}: {' '.join(response.text.split())[:200]}"
    wait = retry_after(response.headers.get("Retry-After", ""))
    if status == 429 or code in TOO_MANY:
        return SlowDown(text, WITHOUT_RETRY_AFTER if wait is None else wait)
    if code in TOO_MANY_TO_THIS_NUMBER:
        return Unsent(text, WITHOUT_RETRY_AFTER if wait is None else wait)
    if status >= 500 or status == 408 or code in PASSING:
        return Unsent(text, wait)
    if status in (401, 403) or code in ACCOUNT or subcode == NO_SUCH_OBJECT:
        return AccountError(f"the API refuses this account or template: {text}")
    if answer is None:
        return AccountError(f"this is not an answer of the API, is WHATSAPP_BASE_URL right? {text}")
    return Refused(text)


def make_send() -> Send:
    """The account that the environment names."""
    missing = [name for name in ("WHATSAPP_TOKEN", "WHATSAPP_PHONE_NUMBER_ID") if not os.environ.get(name)]
    if missing:
        raise AccountError(f"set {' and '.join(missing)}; print_courier.py needs no account")
    base_url = os.environ.get("WHATSAPP_BASE_URL", BASE_URL)
    if not base_url.startswith(("https://", "http://")):
        raise AccountError(f"WHATSAPP_BASE_URL has to begin with https://, it is {base_url!r}")
    return WhatsApp(
        os.environ["WHATSAPP_TOKEN"].strip(),
        os.environ["WHATSAPP_PHONE_NUMBER_ID"].strip(),
        template=os.environ.get("WHATSAPP_TEMPLATE", "session_reminder"),
        changed=os.environ.get("WHATSAPP_TEMPLATE_CHANGED", "session_changed"),
        cancelled=os.environ.get("WHATSAPP_TEMPLATE_CANCELLED", "session_cancelled"),
        language=os.environ.get("WHATSAPP_TEMPLATE_LANGUAGE", "en"),
        version=os.environ.get("WHATSAPP_API_VERSION", API_VERSION),
        base_url=base_url,
    )


if __name__ == "__main__":
    main(make_send, "Sends reminders that are due through the WhatsApp Business Cloud API.")
