"""What `check` says of the settings alone."""

from __future__ import annotations

import os
from collections.abc import Iterator

from rms_console.config.checks import Advice
from rms_console.config.privacy import SHARED_SECRET
from rms_console.config.settings import DEFAULT, Settings
from rms_console.domain.findings import Finding, Level
from rms_console.locale import Sentence, mark

CHANNELS = "alerts.channels"


def advise(settings: Settings) -> Iterator[Finding]:
    """Yield what is probably not meant, and who is told when something goes wrong."""
    for warning in settings.warnings:
        facts = dict(warning.facts) if isinstance(warning, Sentence) else {}
        general = mark("look at it again: it is legal, and probably not meant")
        remedy = warning.remedy if isinstance(warning, Advice) else general
        yield Finding(Level.WARN, "settings", _template(warning), remedy, _place(settings), facts)
    if not settings.warnings:
        yield Finding(Level.OK, "settings", mark("The settings do not contradict each other"))
    yield from _alerts(settings)
    if os.name == "posix" and not any(_template(warning) == SHARED_SECRET for warning in settings.warnings):
        yield Finding(Level.OK, "secrets", mark("No file with a secret can be read by other accounts"))


def _alerts(settings: Settings) -> Iterator[Finding]:
    alerts = settings.alerts
    if not alerts.enabled:
        message, remedy = mark("Alerts are recorded, and sent to nobody"), mark("set alerts.enabled = true")
        yield Finding(Level.WARN, "alerts", message, remedy, settings.source_of("alerts.enabled"))
        return
    ready = {
        "email": bool(alerts.email.enabled and alerts.email.to and alerts.email.smtp_host),
        "slack": bool(alerts.slack.webhook_url),
    }
    asked = settings.source_of(CHANNELS) != DEFAULT
    for channel in (name for name in alerts.channels if asked and not ready.get(name, True)):
        yield Finding(
            Level.WARN,
            "alert-channel",
            mark("alerts.channels names {channel}, which is not set up: nothing is sent there"),
            mark("fill in [alerts.{channel}], or take it from alerts.channels"),
            settings.source_of(CHANNELS),
            {"channel": channel},
        )
    told = [channel for channel in alerts.channels if ready.get(channel)]
    if told:
        yield Finding(Level.OK, "alerts", mark("Alerts go to: {channels}"), facts={"channels": ", ".join(told)})
    else:
        message = mark("Alerts stand in the log only: nobody is told when something stops")
        yield Finding(Level.WARN, "alerts", message, mark("set up [alerts.email] or [alerts.slack]"), CHANNELS)


def _template(warning: str) -> str:
    return warning.template if isinstance(warning, Sentence) else warning


def _place(settings: Settings) -> str:
    return str(settings.file) if settings.file is not None else ""
