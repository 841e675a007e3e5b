"""The commands, one module a family. `COMMANDS` is what `rms-console` knows; each is loaded when it is asked for."""

from __future__ import annotations

from typing import Final

COMMANDS: Final = {
    "check": "rms_console.commands.check:check",
    "adopt": "rms_console.commands.adopt:adopt",
    "plan": "rms_console.commands.plan:plan",
    "go-live": "rms_console.commands.mode:go_live",
    "observe": "rms_console.commands.mode:observe",
    "queue": "rms_console.commands.queue:queue",
    "holds": "rms_console.commands.holds:holds",
    "export": "rms_console.commands.export:export",
    "reset": "rms_console.commands.reset:reset",
}
"""Name -> module and command in it."""
