"""Alerts in Slack, over a real web server: what is posted, and what each answer means."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rms_console.adapters.notify import SlackChannel
from rms_console.adapters.notify.slack import slack_text
from rms_console.contract.notify_port import Message
from rms_console.errors import NotifyError
from tests.alerts.receivers import Answer, WebServer, free_port

AT = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
MESSAGE = Message("memory-1", "memory", "WARN", "[WARNING] Queda poca memoria ñ", ("Uno & <dos>", "Tres"), AT)


async def fails(channel: SlackChannel) -> NotifyError:
    with pytest.raises(NotifyError) as caught:
        await channel.send(MESSAGE)
    assert "not-a-real-hook" not in str(caught.value)
    return caught.value


async def test_a_message_is_posted_as_json(web_server: WebServer) -> None:
    await SlackChannel(web_server.url, channel="#alerts", username="Motor").send(MESSAGE)
    await SlackChannel(web_server.url).send(MESSAGE)
    first, second = web_server.got
    assert first.path == "/services/T000/B000/not-a-real-hook"
    assert first.headers["content-type"].startswith("application/json")
    text = ":warning: *[WARNING] Queda poca memoria ñ*\nUno &amp; &lt;dos&gt;\nTres"
    assert first.json == {"text": text, "channel": "#alerts", "username": "Motor"}
    assert second.json == {"text": text}


@given(st.text(max_size=300), st.lists(st.text(max_size=300), max_size=3))
def test_nothing_in_a_text_is_taken_for_a_link_or_a_mention(title: str, lines: list[str]) -> None:
    text = slack_text(Message("a-1", "a", "INFO", title, tuple(lines), AT))
    assert "<" not in text
    assert ">" not in text
    assert text.count("\n") == len(lines)
    text.encode("utf-8")


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 1, 1),
        ("999999", 600, 600),
        ("soon", 60, 60),
        ("nan", 60, 60),
        ("", 60, 60),
    ],
)
async def test_slack_is_waited_for_as_long_as_it_asks(
    web_server: WebServer, header: str, least: float, most: float
) -> None:
    web_server.answers = [Answer(429, b"rate_limited", {"Retry-After": header} if header else {})]
    error = await fails(SlackChannel(web_server.url))
    assert error.wait_s is not None
    assert least <= error.wait_s <= most
    assert not error.is_final


async def test_slack_may_name_the_time_until_which_it_asks_to_wait(web_server: WebServer) -> None:
    header = format_datetime(datetime.now(UTC) + timedelta(minutes=5))
    web_server.answers = [Answer(429, b"rate_limited", {"Retry-After": header})]
    error = await fails(SlackChannel(web_server.url))
    assert error.wait_s is not None
    assert 200 <= error.wait_s <= 300


@pytest.mark.parametrize(
    ("status", "code", "is_final"),
    [
        (302, "slack-refused", True),
        (400, "slack-refused", True),
        (403, "slack-refused", True),
        (404, "slack-refused", True),
        (408, "slack-trouble", False),
        (500, "slack-trouble", False),
        (503, "slack-trouble", False),
    ],
)
async def test_each_refusal_says_whether_another_try_may_help(
    web_server: WebServer, status: int, code: str, is_final: bool
) -> None:
    web_server.answers = [Answer(status, b"channel_not_found\x1b[2J", {"Location": web_server.url + "/elsewhere"})]
    error = await fails(SlackChannel(web_server.url))
    assert (error.code, error.is_final, len(web_server.got)) == (code, is_final, 1), "redirects are not followed"
    assert error.message.isprintable()


async def test_a_dead_or_silent_server_may_come_back() -> None:
    port = free_port()
    error = await fails(SlackChannel(f"http://127.0.0.1:{port}/services/not-a-real-hook"))
    assert (error.code, error.is_final) == ("slack-unreachable", False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/services/not-a-real-hook"
        error = await fails(SlackChannel(url, within_s=0.2))
    assert error.code == "slack-unreachable"


async def test_an_answer_without_end_is_not_read_to_its_end(web_server: WebServer) -> None:
    web_server.answers = [Answer(400, b"x" * 5_000_000)]
    error = await fails(SlackChannel(web_server.url))
    assert len(error.message) < 200
