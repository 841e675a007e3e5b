"""Ways to people who are not looking: mail, Slack, the log."""

from __future__ import annotations

from rms_console.adapters.notify.log import LogChannel
from rms_console.adapters.notify.mail import Mailbox, MailChannel
from rms_console.adapters.notify.slack import SlackChannel

__all__ = ["LogChannel", "MailChannel", "Mailbox", "SlackChannel"]
