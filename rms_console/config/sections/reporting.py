"""What is written down, and who is told."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from rms_console.config.kinds import AnyCase, Flag, Names, Real, Secret, Section, Text, Whole
from rms_console.config.sections.connections import EMPTY, is_loopback
from rms_console.config.sections.timing import OFF, ClockTime

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
Channel = Literal["email", "slack", "log"]


def _level_name(value: object) -> object:
    if not isinstance(value, str):
        return value
    name = value.strip().upper()
    return {"WARN": "WARNING", "FATAL": "CRITICAL"}.get(name, name)


def _webhook(secret: SecretStr) -> SecretStr:
    if not secret:
        return secret
    parts = urlsplit(secret.get_secret_value())
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))):
        raise ValueError("not a webhook; allowed: https://hooks.slack.com/services/...")
    return secret


class LogSection(Section):
    """[log]: the file app.log and the lines on the terminal."""

    level: Annotated[LogLevel, BeforeValidator(_level_name)] = Field(
        default="INFO", description="Least level that is written."
    )
    language: Annotated[Literal["", "auto", "es", "en"], AnyCase] = Field(
        default="", description="Language of the log: es, en, auto (the machine's); empty = as console.language."
    )
    dir: Text = Field(default="", description="Folder of app.log; empty = the system's log folder.")
    max_mb: Real = Field(
        default=50.0, gt=0, le=10_000, description="Megabytes at which app.log is set aside and begun anew."
    )
    keep_days: Whole = Field(default=30, ge=1, le=3650, description="Days that set-aside logs are kept.")
    detailed: Flag = Field(default=True, description="One line per product.")
    performance: Flag = Field(default=True, description="One record of figures per cycle.")


class EmailSection(Section):
    """[alerts.email]: alerts by mail."""

    enabled: Flag = Field(default=False, description="Send alerts by mail.")
    to: Names = Field(default=(), description="Recipients.")
    subject_prefix: Text = Field(default="[RMS-Shopify]", description="What every subject begins with.")
    sender: Text = Field(default="", description="Address in From; empty = the SMTP user.")
    smtp_host: Text = Field(default="", description="Mail server.")
    smtp_port: Whole = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_user: Text = Field(default="", description="Login at the mail server; empty = none.")
    smtp_password: Secret = Field(default=EMPTY, description="Its password (secret).")
    smtp_security: Annotated[Literal["starttls", "tls", "none"], AnyCase] = Field(
        default="starttls", description="Encryption of the mail connection: starttls, tls, none."
    )


class SlackSection(Section):
    """[alerts.slack]: alerts in a channel."""

    webhook_url: Annotated[Secret, AfterValidator(_webhook)] = Field(
        default=EMPTY, description="Incoming webhook (secret)."
    )
    channel: Text = Field(default="", description="Channel that overrides the webhook's own, where Slack allows it.")
    username: Text = Field(default="RMS-Shopify-Bot", description="Name the messages appear under.")


class AlertsSection(Section):
    """[alerts]: when a person is told, and how."""

    enabled: Flag = Field(default=True, description="Send alerts. Off: recorded and counted, not sent.")
    channels: tuple[Annotated[Channel, AnyCase], ...] = Field(
        default=("email", "slack", "log"), description="Channels that are used where they are set up."
    )
    consecutive_errors: Whole = Field(
        default=5, ge=1, le=1000, description="Failed cycles in a row that raise an alert."
    )
    performance_s: Real = Field(
        default=300.0, gt=0, le=86_400, description="Seconds that a cycle may take before an alert."
    )
    motor_stopped_minutes: Real = Field(
        default=15.0,
        gt=0,
        le=10_080,
        description="Minutes without a cycle before an alert (never fewer than two intervals).",
    )
    memory_percent: Real = Field(
        default=80.0, gt=0, le=100, description="Percent of the machine's memory above which there is an alert."
    )
    orphan_lock_hours: Real = Field(
        default=2.0, gt=0, le=168, description="Hours that a lock may be held before an alert."
    )
    oldest_unsent_minutes: Real = Field(
        default=30.0, gt=0, le=10_080, description="Minutes that a change may wait for the shop before an alert."
    )
    cooldown_minutes: Real = Field(
        default=30.0, ge=0, le=10_080, description="Minutes between two messages about the same kind of alert."
    )
    quiet_from: ClockTime = Field(
        default=OFF, description='From this time of day ("22:00") only critical alerts are sent; off = never.'
    )
    quiet_to: ClockTime = Field(default=OFF, description='Until this time ("07:00"); what waited is sent then.')
    email: EmailSection = EmailSection()
    slack: SlackSection = SlackSection()
