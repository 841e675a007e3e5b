"""Alerts by mail, over a real server: encrypted or not, logged in or not, and everything it may refuse."""

from __future__ import annotations

import contextlib
import email
import email.policy
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rms_console.adapters.notify import MailChannel
from rms_console.adapters.notify.mail import compose
from rms_console.contract.notify_port import Message
from rms_console.errors import NotifyError
from tests.alerts.receivers import USER, WORD, MailServer, free_port
from tests.alerts.sending import SHOP_OWNER, mailbox

AT = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
MESSAGE = Message("memory-1", "memory", "CRITICAL", "[CRITICAL] Queda poca memoria ñ", ("Línea uno", "Línea dos"), AT)


async def fails(channel: MailChannel) -> NotifyError:
    with pytest.raises(NotifyError) as caught:
        await channel.send(MESSAGE)
    assert WORD not in str(caught.value)
    return caught.value


async def test_a_plain_mail_arrives_with_its_texts(mail_server: MailServer) -> None:
    second = "Ana Mora <ana@example.com>"
    await MailChannel(mailbox(mail_server.port, recipients=(SHOP_OWNER, second))).send(MESSAGE)
    (got,) = mail_server.got
    assert (got.sender, got.recipients, got.encrypted) == (
        "motor@example.com",
        [SHOP_OWNER, "ana@example.com"],
        False,
    )
    mail = got.mail
    assert mail["Subject"] == "[RMS-Shopify] [CRITICAL] Queda poca memoria ñ"
    assert mail["From"] == "Motor <motor@example.com>"
    assert mail["Message-ID"].endswith("@example.com>")
    assert mail["Date"].datetime == AT
    assert (mail["Auto-Submitted"], mail["Importance"]) == ("auto-generated", "high")
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert got.text == "[CRITICAL] Queda poca memoria ñ\n\nLínea uno\nLínea dos\n"


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
async def test_an_encrypted_mail_arrives_with_a_login(
    server_tls: ssl.SSLContext, trust: ssl.SSLContext, implicit: bool
) -> None:
    # The server's library takes logins only after a STARTTLS.
    with MailServer(tls=server_tls, implicit=implicit, login=not implicit) as server:
        login = {} if implicit else {"user": USER, "password": WORD}
        box = mailbox(server.port, security="tls" if implicit else "starttls", **login)
        await MailChannel(box, tls=trust).send(MESSAGE)
        (got,) = server.got
    assert got.user == (None if implicit else USER)
    assert got.encrypted or implicit


async def test_a_refused_login_is_final(server_tls: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    with MailServer(tls=server_tls, login=True) as server:
        box = mailbox(server.port, security="starttls", user=USER, password=WORD + "x")
        error = await fails(MailChannel(box, tls=trust))
        assert server.got == []
    assert (error.code, error.is_final) == ("mail-login", True)
    assert "smtp_password" in error.hint


async def test_a_certificate_that_nobody_vouches_for_is_not_taken(server_tls: ssl.SSLContext) -> None:
    with MailServer(tls=server_tls, login=True) as server:
        box = mailbox(server.port, security="starttls", user=USER, password=WORD)
        error = await fails(MailChannel(box))
        assert server.got == []
    assert error.code == "mail-security"


async def test_a_server_that_does_not_encrypt_gets_neither_mail_nor_password(mail_server: MailServer) -> None:
    box = mailbox(mail_server.port, security="starttls", user=USER, password=WORD)
    error = await fails(MailChannel(box))
    assert (error.code, error.is_final, mail_server.got) == ("mail-security", True, [])


async def test_a_dead_server_may_come_back() -> None:
    error = await fails(MailChannel(mailbox(free_port())))
    assert (error.code, error.is_final) == ("mail-unreachable", False)
    error = await fails(MailChannel(mailbox(25, host="no-such-host.invalid")))
    assert error.code == "mail-unreachable"


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """Lend a port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.mark.parametrize("security", ["none", "tls"])
async def test_a_server_that_says_nothing_is_not_waited_for(security: str) -> None:
    with silent_server() as port:
        error = await fails(MailChannel(mailbox(port, security=security), within_s=0.2))
    assert error.code in ("mail-unreachable", "mail-security", "mail-slow")
    assert not error.is_final


async def test_refused_recipients_are_named() -> None:
    with MailServer(refuse={SHOP_OWNER: "550 unknown"}) as server:
        error = await fails(MailChannel(mailbox(server.port)))
        assert (error.code, error.is_final, error.arrived) == ("mail-recipients", True, False)
        assert SHOP_OWNER in error.message
        other = "ana@example.com"
        error = await fails(MailChannel(mailbox(server.port, recipients=(SHOP_OWNER, other))))
        assert (error.arrived, [got.recipients for got in server.got]) == (True, [[other]])


@pytest.mark.parametrize(("answer", "is_final"), [("452 no room", False), ("554 spam", True)])
async def test_a_refused_mail_is_told_with_the_servers_words(answer: str, is_final: bool) -> None:
    with MailServer(answer=answer) as server:
        error = await fails(MailChannel(mailbox(server.port)))
    assert (error.code, error.is_final) == ("mail-refused", is_final)
    assert answer[4:] in error.message


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "ana@example.com\r\nBcc: eva@example.com", "@example.com"])
async def test_what_is_no_address_is_told(address: str) -> None:
    for box in (mailbox(1, recipients=(address,)), mailbox(1, sender=address)):
        error = await fails(MailChannel(box))
        assert (error.code, error.is_final) == ("mail-address", True)


HEADERS = {
    "subject", "from", "to", "date", "message-id", "auto-submitted", "importance", "content-type",
    "content-transfer-encoding", "mime-version",
}  # fmt: skip
HOSTILE = st.text(max_size=200) | st.sampled_from(
    [
        "x\r\nBcc: eva@example.com",
        "x\n\nbody",
        "x\rTo: eva@example.com",
        "\r\n.\r\nMAIL FROM:<eva@example.com>",
        "x\u2028Bcc: eva@example.com",
        "x\x85Bcc: eva@example.com",
        "=?utf-8?q?=0ABcc:_eva?=",
        "=??Q?=0A",
        "\ud800",
        "\x00",
    ]
)


@settings(max_examples=150, deadline=None)
@given(title=HOSTILE, lines=st.lists(HOSTILE, max_size=4), prefix=HOSTILE)
def test_no_text_becomes_a_header_an_address_or_a_second_mail(title: str, lines: list[str], prefix: str) -> None:
    message = Message("a-1", "a", "CRITICAL", title, tuple(lines), AT)
    raw = compose(message, mailbox(25, subject_prefix=prefix)).as_bytes()
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert {name.lower() for name in read.keys()} == HEADERS  # noqa: SIM118  # a name may stand there twice
    assert len(read.keys()) == len(HEADERS)
    assert read["To"] == SHOP_OWNER
    assert read["From"] == "Motor <motor@example.com>"
    text = str(read.get_content()).replace("\r\n", "\n")
    assert len(re.split(r"[\r\n]", text.removesuffix("\n"))) == 2 + len(lines)
    assert b"\r\n.\r\n" not in raw
