"""Alerts as one line each in the log."""

from __future__ import annotations

from rms_console.adapters.notify.oneline import one_line
from rms_console.contract.notify_port import Message
from rms_console.contract.ports import LogLine, LogSink

SERVICE = "SyncMonitor"


class LogChannel:
    """`contract.notify_port.Channel` over the log sink, which never blocks and never fails."""

    def __init__(self, log: LogSink) -> None:
        self._log = log

    @property
    def name(self) -> str:
        return "log"

    async def send(self, message: Message) -> None:
        """Write one line."""
        facts = {"title": one_line(message.title), "detail": one_line(" | ".join(message.lines))}
        if message.is_over:
            self._log.write(LogLine("INFO", SERVICE, "Alert over: {title} | {detail}", facts))
        else:
            self._log.write(LogLine(message.severity, SERVICE, "Alert: {title} | {detail}", facts))
