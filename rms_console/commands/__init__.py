"""The commands, one module a family. `COMMANDS` is what `rms-console` knows; each is loaded when it is asked for."""

from __future__ import annotations

from typing import Final

COMMANDS: Final = {
    "init": "rms_console.commands.init.guide:init",
    "check": "rms_console.commands.check:check",
    "probe": "rms_console.commands.probe:probe",
    "adopt": "rms_console.commands.adopt:adopt",
    "explain": "rms_console.commands.explain:explain",
    "plan": "rms_console.commands.plan:plan",
    "go-live": "rms_console.commands.mode:go_live",
    "observe": "rms_console.commands.mode:observe",
    "queue": "rms_console.commands.queue:queue",
    "holds": "rms_console.commands.holds:holds",
    "alerts": "rms_console.commands.alerts:alerts",
    "audit": "rms_console.commands.audit:audit",
    "export": "rms_console.commands.export:export",
    "status": "rms_console.commands.status:status",
    "health": "rms_console.commands.status:health",
    "stats": "rms_console.commands.reading:stats",
    "activity": "rms_console.commands.reading:activity",
    "performance": "rms_console.commands.reading:performance",
    "sales": "rms_console.commands.sales:sales",
    "lock": "rms_console.commands.reading:lock",
    "config": "rms_console.commands.reading:config",
    "logs": "rms_console.commands.logs:logs",
    "pause": "rms_console.commands.steering:pause",
    "resume": "rms_console.commands.steering:resume",
    "trigger": "rms_console.commands.steering:trigger",
    "full-sync": "rms_console.commands.steering:full_sync",
    "interval": "rms_console.commands.steering:interval",
    "stop": "rms_console.commands.steering:stop",
    "diagnostics": "rms_console.commands.diagnostics:diagnostics",
    "verify": "rms_console.commands.verify:verify",
    "docs": "rms_console.commands.docs:docs",
    "reset": "rms_console.commands.reset:reset",
}
"""Name -> module and command in it."""
