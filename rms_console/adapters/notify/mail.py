"""Alerts by mail, over SMTP with STARTTLS, TLS or, where the settings say so, in the clear.

Source: docs.python.org, `smtplib` and `email.message`; RFC 5321 (replies), RFC 3834 (Auto-Submitted), read 2026-11.
"""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Final

from rms_console.adapters.notify.oneline import one_line
from rms_console.contract.notify_port import Message
from rms_console.errors import NotifyError
from rms_console.locale import mark, sentence

WITHIN_S: Final = 10.0
"""For one exchange with the server; a whole delivery has three times that."""
LONGEST_SUBJECT: Final = 150
LOGIN_HINT: Final = mark("check alerts.email.smtp_user and alerts.email.smtp_password")
SECURITY_HINT: Final = mark(
    "check alerts.email.smtp_host, smtp_port and smtp_security: 587 goes with starttls, 465 with tls"
)
ADDRESS_HINT: Final = mark("check alerts.email.sender and alerts.email.to")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """From whom, to whom and over which server. `security`: starttls, tls or none."""

    host: str
    port: int
    security: str
    sender: str
    recipients: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)
    subject_prefix: str = ""


class MailChannel:
    """`contract.notify_port.Channel` over SMTP. Each delivery has a thread of its own, and a connection of its own.

    A server that will not encrypt gets no mail where encryption is asked for, and no password in the clear.
    """

    def __init__(self, mailbox: Mailbox, *, tls: ssl.SSLContext | None = None, within_s: float = WITHIN_S) -> None:
        self._mailbox = mailbox
        self._tls = tls
        self._within_s = within_s

    @property
    def name(self) -> str:
        return "email"

    async def send(self, message: Message) -> None:
        """Hand one message to the mail server.

        Raises:
            NotifyError: the server was not reached, or did not take it; `is_final` where another try is in vain.
        """
        mail = compose(message, self._mailbox)
        delivery = _Delivery(self._mailbox, self._tls, self._within_s)
        try:
            async with asyncio.timeout(3 * self._within_s):
                await _in_thread(lambda: delivery.run(mail))
        except TimeoutError as exc:
            told = sentence("the mail server took longer than {seconds} s", seconds=f"{3 * self._within_s:g}")
            raise NotifyError(told, code="mail-slow") from exc
        finally:
            delivery.abandon()


def compose(message: Message, mailbox: Mailbox) -> EmailMessage:
    """Return the mail: plain text in UTF-8. Nothing in a message can become a header, an address or a second mail.

    Raises:
        NotifyError: an address in the settings is none.
    """
    mail = EmailMessage(policy=SMTP)
    subject = f"{mailbox.subject_prefix} {message.title}".strip()
    sender = _address(mailbox.sender)
    try:
        mail["Subject"] = _heading(subject, LONGEST_SUBJECT)
        mail["From"] = sender
        mail["To"] = tuple(_address(one) for one in mailbox.recipients)
        mail["Date"] = format_datetime(message.at)
        mail["Message-ID"] = make_msgid(domain=sender.domain)
        mail["Auto-Submitted"] = "auto-generated"
        if message.severity == "CRITICAL" and not message.is_over:
            mail["Importance"] = "high"
        lines = [one_line(message.title), "", *map(one_line, message.lines)]
        mail.set_content("\n".join(lines) + "\n", charset="utf-8", cte="quoted-printable")
    except (ValueError, MessageError) as exc:
        told = sentence("no mail can be made of it ({problem})", problem=one_line(str(exc), 80))
        raise NotifyError(told, code="mail-address", is_final=True) from exc
    return mail


def _heading(text: str, most: int) -> str:
    """Return a text for a header. What looks like an encoded word would be decoded there, line breaks and all."""
    return one_line(text.replace("=?", "= ?"), most)


def _address(text: str) -> Address:
    """Return an address of the settings, which may have a name before it.

    Raises:
        NotifyError: it is none.
    """
    name, plain = parseaddr(text)
    try:
        address = Address(_heading(name, 80), addr_spec=plain)
        if not address.domain or not text.isprintable():
            raise ValueError
    except (ValueError, MessageError, IndexError) as exc:
        told = sentence("{address} is no mail address", address=one_line(text, 80) or "-")
        raise NotifyError(told, code="mail-address", hint=sentence(ADDRESS_HINT), is_final=True) from exc
    return address


class _Delivery:
    """One conversation with the server. Blocking; `abandon` may be called from another thread and ends it."""

    def __init__(self, mailbox: Mailbox, tls: ssl.SSLContext | None, within_s: float) -> None:
        self._mailbox = mailbox
        self._tls = tls
        self._within_s = within_s
        self._server: smtplib.SMTP | None = None

    def run(self, mail: EmailMessage) -> None:
        """Deliver the mail.

        Raises:
            NotifyError.
        """
        where = f"{self._mailbox.host}:{self._mailbox.port}"
        try:
            refused = self._talk(mail)
        except NotifyError:
            raise
        except (smtplib.SMTPException, OSError, ValueError) as exc:
            # A refused login is told without the server's own words: they may repeat what it was given.
            raise _translated(exc, where) from (None if isinstance(exc, smtplib.SMTPAuthenticationError) else exc)
        if refused:
            raise _refused(refused, where, arrived=True)

    def _talk(self, mail: EmailMessage) -> _Refused:
        """Return the recipients that were refused where others were taken."""
        box = self._mailbox
        name = mail["From"].addresses[0].domain
        server = self._server = self._connected(name)
        try:
            if box.security == "starttls":
                server.starttls(context=self._context())
            if box.user:
                server.login(box.user, box.password)
            return server.send_message(mail)
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()

    def _connected(self, name: str) -> smtplib.SMTP:
        box, limit = self._mailbox, self._within_s
        # Our own name is given, or the library would ask a name server for it, without a time-out.
        if box.security == "tls":
            return smtplib.SMTP_SSL(box.host, box.port, local_hostname=name, timeout=limit, context=self._context())
        return smtplib.SMTP(box.host, box.port, local_hostname=name, timeout=limit)

    def _context(self) -> ssl.SSLContext:
        return self._tls or ssl.create_default_context()

    def abandon(self) -> None:
        """End what is still going on: a server that drips would hold its thread for ever."""
        server = self._server
        if server is not None:
            with contextlib.suppress(OSError):
                server.close()


_Refused = dict[str, tuple[int, bytes]]


def _translated(exc: Exception, where: str) -> NotifyError:
    """Return what an error of the conversation means, the most specific first."""
    if isinstance(exc, smtplib.SMTPNotSupportedError):
        told = sentence("the mail server {where} does not offer the encryption or the login asked for", where=where)
        return NotifyError(told, code="mail-security", hint=sentence(SECURITY_HINT), is_final=True)
    if isinstance(exc, smtplib.SMTPAuthenticationError):
        told = sentence("the mail server {where} does not take the login ({code})", where=where, code=exc.smtp_code)
        return NotifyError(told, code="mail-login", hint=sentence(LOGIN_HINT), is_final=exc.smtp_code >= 500)
    if isinstance(exc, smtplib.SMTPRecipientsRefused):
        return _refused(exc.recipients, where, arrived=False)
    if isinstance(exc, smtplib.SMTPResponseException) and exc.smtp_code > 0:
        said = exc.smtp_error
        words = one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said, 100)
        told = sentence(
            "the mail server {where} refused it ({code}: {said})", where=where, code=exc.smtp_code, said=words
        )
        return NotifyError(told, code="mail-refused", is_final=exc.smtp_code >= 500)
    problem = one_line(str(exc) or type(exc).__name__, 100)
    if isinstance(exc, ssl.SSLError):
        told = sentence("no safe connection to the mail server {where} ({problem})", where=where, problem=problem)
        return NotifyError(told, code="mail-security", hint=sentence(SECURITY_HINT))
    told = sentence("the mail server {where} cannot be reached ({problem})", where=where, problem=problem)
    return NotifyError(told, code="mail-unreachable", hint=sentence(SECURITY_HINT))


def _refused(recipients: _Refused, where: str, *, arrived: bool) -> NotifyError:
    names = ", ".join(f"{one_line(who, 60)} ({code})" for who, (code, _) in recipients.items())
    told = sentence("the mail server {where} does not take these recipients: {names}", where=where, names=names)
    is_final = all(code >= 500 for code, _ in recipients.values())
    return NotifyError(told, code="mail-recipients", hint=sentence(ADDRESS_HINT), is_final=is_final, arrived=arrived)


async def _in_thread(call: Callable[[], None]) -> None:
    """Run a blocking call on a thread that nobody waits for when the program ends."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def tell(error: Exception | None) -> None:
        if not done.done():
            done.set_result(None) if error is None else done.set_exception(error)

    def run() -> None:
        error: Exception | None = None
        try:
            call()
        except NotifyError as exc:
            error = exc
        except Exception as exc:  # noqa: BLE001  # whoever waits must be told, or would wait until the time-out
            error = NotifyError(
                sentence("the mail could not be sent ({kind})", kind=type(exc).__name__), code="mail-defect"
            )
        with contextlib.suppress(RuntimeError):  # the loop is gone, and so is whoever waited
            loop.call_soon_threadsafe(tell, error)

    threading.Thread(target=run, name="mail", daemon=True).start()
    await done
