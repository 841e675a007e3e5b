"""The ways to people that the settings name, ready to be used."""

from __future__ import annotations

from collections.abc import Callable

from rms_console.adapters.logs.redact import Redactor
from rms_console.adapters.notify import LogChannel, Mailbox, MailChannel, SlackChannel
from rms_console.config.sections.reporting import AlertsSection
from rms_console.contract.notify_port import Channel, Outlets
from rms_console.contract.ports import LogSink
from rms_console.wiring.site import Site

Build = Callable[[AlertsSection, LogSink], Channel | None]


def outlets_of(site: Site, log: LogSink, redacted: Callable[[str], str] | None = None) -> Outlets:
    """Return the channels that are set up; those that are only named are in `missing`.

    `redacted` hides secrets, also those that come while the engine runs; without it those of the settings are hidden.
    """
    alerts = site.settings.alerts
    channels: list[Channel] = []
    missing: list[str] = []
    for name in dict.fromkeys(alerts.channels):
        channel = BUILD[name](alerts, log)
        if channel is None:
            missing.append(name)
        else:
            channels.append(channel)
    harmless = redacted or Redactor(site.settings.secrets())
    return Outlets(tuple(channels), site.language, tuple(missing), harmless)


def _mail(alerts: AlertsSection, log: LogSink) -> Channel | None:
    email = alerts.email
    if not (email.enabled and email.to and email.smtp_host):
        return None
    return MailChannel(
        Mailbox(
            host=email.smtp_host,
            port=email.smtp_port,
            security=email.smtp_security,
            sender=email.sender or email.smtp_user or email.to[0],
            recipients=email.to,
            user=email.smtp_user,
            password=email.smtp_password.get_secret_value(),
            subject_prefix=email.subject_prefix,
        )
    )


def _slack(alerts: AlertsSection, log: LogSink) -> Channel | None:
    slack = alerts.slack
    webhook = slack.webhook_url.get_secret_value()
    return SlackChannel(webhook, channel=slack.channel, username=slack.username) if webhook else None


def _log(alerts: AlertsSection, log: LogSink) -> Channel | None:
    return LogChannel(log)


BUILD: dict[str, Build] = {"email": _mail, "slack": _slack, "log": _log}
