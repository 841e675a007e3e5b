"""The commands, one module a family. Each module offers its click commands; `COMMANDS` is what `rms-console` knows."""

from __future__ import annotations

import click

from rms_console.commands.adopt import adopt
from rms_console.commands.check import check
from rms_console.commands.holds import holds
from rms_console.commands.mode import go_live, observe
from rms_console.commands.plan import plan
from rms_console.commands.queue import queue
from rms_console.commands.reset import reset

COMMANDS: tuple[click.Command, ...] = (check, adopt, plan, go_live, observe, queue, holds, reset)
