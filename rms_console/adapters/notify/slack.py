"""Alerts in a Slack channel, by an incoming webhook.

Source: api.slack.com, "Sending messages using incoming webhooks", "Rate limits" (429 with Retry-After) and "Formatting
text for app surfaces" (the three signs to escape), read 2026-11.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import httpx

from rms_console import __version__
from rms_console.adapters.notify.oneline import one_line
from rms_console.contract.notify_port import Message
from rms_console.errors import NotifyError
from rms_console.locale import mark, sentence

WITHIN_S: Final = 10.0
MOST_ANSWER_BYTES: Final = 2_000
MOST_TEXT: Final = 3_000
LONGEST_WAIT_S: Final = 600.0
WEBHOOK_HINT: Final = mark("check alerts.slack.webhook_url, and that its app is still installed in the workspace")
_SIGNS: Final = {"CRITICAL": ":rotating_light:", "WARN": ":warning:", "INFO": ":information_source:"}
_OVER: Final = ":white_check_mark:"


class SlackChannel:
    """`contract.notify_port.Channel` over one webhook. Its address is a secret, and stands in no message of ours."""

    def __init__(self, webhook: str, *, channel: str = "", username: str = "", within_s: float = WITHIN_S) -> None:
        self._webhook = webhook
        self._extras = {key: value for key, value in (("channel", channel), ("username", username)) if value}
        self._within_s = within_s

    @property
    def name(self) -> str:
        return "slack"

    async def send(self, message: Message) -> None:
        """Post one message.

        Raises:
            NotifyError: Slack refused it, asks to wait (`wait_s`), or gave no answer in time.
        """
        body = json.dumps({"text": slack_text(message), **self._extras}, ensure_ascii=False).encode("utf-8", "replace")
        try:
            async with asyncio.timeout(self._within_s):
                status, headers, answer = await self._post(body)
        except TimeoutError as exc:
            told = sentence("Slack gave no answer within {seconds} s", seconds=f"{self._within_s:g}")
            raise NotifyError(told, code="slack-unreachable") from exc
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as exc:
            # The library's own words may hold the webhook's address.
            told = sentence("Slack cannot be reached ({kind})", kind=type(exc).__name__)
            raise NotifyError(told, code="slack-unreachable") from None
        _judge(status, headers, answer)

    async def _post(self, body: bytes) -> tuple[int, httpx.Headers, str]:
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": f"rms-console/{__version__}"}
        answer = bytearray()
        async with (
            httpx.AsyncClient(
                timeout=self._within_s, follow_redirects=False, trust_env=not _is_loopback(self._webhook)
            ) as client,
            client.stream("POST", self._webhook, content=body, headers=headers) as response,
        ):
            async for chunk in response.aiter_bytes():
                answer += chunk
                if len(answer) > MOST_ANSWER_BYTES:
                    break
        return response.status_code, response.headers, bytes(answer[:MOST_ANSWER_BYTES]).decode("utf-8", "replace")


def slack_text(message: Message) -> str:
    """Return the message as Slack shows it: its title in bold, a line each below it, nothing in it taken for markup."""
    sign = _OVER if message.is_over else _SIGNS.get(message.severity, "")
    lines = [f"{sign} *{_escaped(message.title)}*".strip(), *map(_escaped, message.lines)]
    text = "\n".join(lines)
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


def _escaped(text: str) -> str:
    return one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _judge(status: int, headers: httpx.Headers, answer: str) -> None:
    """Raise what an answer means, unless it is a yes."""
    if status == 200:
        return
    if status == 429:
        wait_s = _wait_s(headers.get("retry-after", ""))
        told = sentence("Slack asks to wait {seconds} s", seconds=round(wait_s))
        raise NotifyError(told, code="slack-busy", wait_s=wait_s)
    facts = {"status": status, "said": one_line(answer, 80) or "-"}
    if status >= 500 or status == 408:
        raise NotifyError(sentence("Slack is in trouble ({status}: {said})", **facts), code="slack-trouble")
    if 300 <= status < 400:
        told = sentence("Slack answered with a redirect ({status}), which is not followed", status=status)
    else:
        told = sentence("Slack refused it ({status}: {said})", **facts)
    raise NotifyError(told, code="slack-refused", hint=sentence(WEBHOOK_HINT), is_final=True)


def _wait_s(text: str) -> float:
    """Return the seconds that a Retry-After names, as a number or as a date; a minute where it names none."""
    try:
        wait_s = float(text)
    except ValueError:
        wait_s = _seconds_until(text)
    return min(LONGEST_WAIT_S, max(1.0, wait_s)) if wait_s == wait_s else 60.0


def _seconds_until(text: str) -> float:
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 60.0
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return (at - datetime.now(UTC)) / timedelta(seconds=1)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
