"""The commands, one module a family. Each module offers its click commands; `COMMANDS` is what `rms-console` knows."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
